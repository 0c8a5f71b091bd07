import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { docstrings } from "../examples/blocks.ts";
import { bibliographyProblems, citedKeys, entryKeys } from "./cited-keys.ts";

/** Every key that a docstring or a page cites is an entry of references.bib; entries are sorted and named once. Entries that nothing cites are listed. */
const root = join(import.meta.dirname, "../..");
const PLACES = ["packages/*/src/**/*.ts", "examples/*.ts", "README.md", "packages/*/README.md", "docs/*.md", "docs/guide/**/*.md"];

const cited = new Map<string, string>();
for (const file of globSync(PLACES, { cwd: root, ignore: ["**/node_modules/**"] }).toSorted()) {
  const source = readFileSync(join(root, file), "utf8");
  for (const { line: start, text } of file.endsWith(".ts") ? docstrings(file, source) : [{ line: 1, text: source }]) {
    for (const { key, line } of citedKeys(text)) cited.set(key, `${file}:${start + line}`);
  }
}
const bibliography = readFileSync(join(root, "references.bib"), "utf8");
const problems = bibliographyProblems(bibliography, cited);
for (const problem of problems) console.log(problem);
const unused = entryKeys(bibliography).filter((key) => !cited.has(key));
if (unused.length > 0) console.log(`Nothing cites ${unused.join(", ")}`);
console.log(`${cited.size} keys cited`);
process.exit(problems.length > 0 ? 1 : 0);
