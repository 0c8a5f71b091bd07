import { join } from "node:path";
import { exportedValues } from "./exported.ts";

/** Every value that a package exports has a docstring with an example that runs. Lists those that do not. */
const root = join(import.meta.dirname, "../..");
const values = exportedValues(root);
const bare = [...new Map(values.map((value) => [`${value.file}:${value.line} ${value.name}`, value])).values()].filter(({ doc }) => !/@example\s/.test(doc));
for (const { file, line, name, entry, doc } of bare) console.log(`${file}:${line} ${name} of ${entry} has no ${doc === "" ? "docstring" : "@example"}`);
console.log(`${values.length - bare.length} of ${values.length} exported values have an example`);
process.exit(bare.length > 0 || values.length === 0 ? 1 : 0);
