import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { docstrings } from "../examples/blocks.ts";

/** Every `[Key2020, Theorem 5; Other2021]` in a docstring or a page is an entry of references.bib; entries are sorted and named once. Entries that nothing cites are listed. */
const root = join(import.meta.dirname, "../..");
const KEY = /^(?:[A-Z][A-Za-z]*)[a-z]\d{4}[a-z]?(?=$|[,\s])/;
const BRACKETS = /(?<![\w`"'])\[([^[\]]+)\](?!\()/g;

const entries = [...readFileSync(join(root, "references.bib"), "utf8").matchAll(/^@\w+\{([^,]+),/gm)].map(([, key]) => key!);
const cited = new Map<string, string>();
for (const file of globSync(["packages/*/src/**/*.ts", "examples/*.ts", "README.md", "packages/*/README.md", "docs/*.md", "docs/guide/**/*.md"], { cwd: root, ignore: ["**/node_modules/**"] })) {
  const source = readFileSync(join(root, file), "utf8");
  for (const { line, text } of file.endsWith(".ts") ? docstrings(file, source) : [{ line: 1, text: source }]) {
    for (const { 1: inside, index } of text.matchAll(BRACKETS)) {
      const keys = inside!.split(";").flatMap((part) => KEY.exec(part.trim())?.[0] ?? []);
      for (const key of keys) cited.set(key, `${file}:${line + text.slice(0, index).split("\n").length - 1}`);
    }
  }
}

const problems = [
  ...[...cited].filter(([key]) => !entries.includes(key)).map(([key, place]) => `${place} cites [${key}], which references.bib lacks`),
  ...entries.filter((key, i) => entries.indexOf(key) !== i).map((key) => `references.bib holds ${key} twice`),
  ...entries.filter((key, i) => i > 0 && entries[i - 1]!.toLowerCase() > key.toLowerCase()).map((key) => `references.bib is out of order at ${key}`),
];
for (const problem of problems) console.log(problem);
const unused = entries.filter((key) => !cited.has(key));
if (unused.length > 0) console.log(`Nothing cites ${unused.join(", ")}`);
console.log(`${cited.size} keys cited, ${entries.length} entries`);
process.exit(problems.length > 0 ? 1 : 0);
