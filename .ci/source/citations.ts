import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { docstrings } from "../examples/blocks.ts";

/** Every `[Key2020]` in a docstring or a page is an entry of references.bib; every entry is cited; entries are sorted and named once. */
const root = join(import.meta.dirname, "../..");
const CITATION = /(?<![\w`"'])\[((?:[A-Z][a-z]+)+\d{4}[a-z]?)(?:,[^\]]*)?\](?!\()/g;

const entries = [...readFileSync(join(root, "references.bib"), "utf8").matchAll(/^@\w+\{([^,]+),/gm)].map(([, key]) => key!);
const cited = new Map<string, string>();
for (const file of globSync(["packages/*/src/**/*.ts", "examples/*.ts", "README.md", "packages/*/README.md", "docs/*.md", "docs/guide/**/*.md"], { cwd: root, ignore: ["**/node_modules/**"] })) {
  const source = readFileSync(join(root, file), "utf8");
  for (const { line, text } of file.endsWith(".ts") ? docstrings(file, source) : [{ line: 1, text: source }]) {
    for (const match of text.matchAll(CITATION)) cited.set(match[1]!, `${file}:${line + text.slice(0, match.index).split("\n").length - 1}`);
  }
}

const problems = [
  ...[...cited].filter(([key]) => !entries.includes(key)).map(([key, place]) => `${place} cites [${key}], which references.bib lacks`),
  ...entries.filter((key) => !cited.has(key)).map((key) => `references.bib holds ${key}, which nothing cites`),
  ...entries.filter((key, i) => entries.indexOf(key) !== i).map((key) => `references.bib holds ${key} twice`),
  ...entries.filter((key, i) => i > 0 && entries[i - 1]!.toLowerCase() > key.toLowerCase()).map((key) => `references.bib is out of order at ${key}`),
];
for (const problem of problems) console.log(problem);
console.log(`${cited.size} keys cited, ${entries.length} entries`);
process.exit(problems.length > 0 ? 1 : 0);
