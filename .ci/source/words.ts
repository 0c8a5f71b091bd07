import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { forbidden } from "./forbidden.ts";

/** No file that is tracked, or that is new and not ignored, holds a forbidden word. */
const root = join(import.meta.dirname, "../..");
const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" }).split("\0");
const files = listed.filter((file) => file !== "" && existsSync(join(root, file)));
const found = files.flatMap((file) => forbidden(file, readFileSync(join(root, file), "utf8")));
for (const problem of found) console.log(problem);
console.log(`${files.length} files read`);
process.exit(found.length > 0 ? 1 : 0);
