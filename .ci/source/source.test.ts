import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { bibliographyProblems, citedKeys } from "./cited-keys.ts";
import { exportedValues } from "./exported.ts";
import { forbidden } from "./forbidden.ts";

it("citedKeys() finds keys with places in the source, and several in one bracket", () => {
  const text = "kl ≤ c [Maurer2004, Theorem 5].\nSee [McAllester1999; LeCun1998b, §2].";
  expect(citedKeys(text)).toEqual([
    { key: "Maurer2004", line: 0 },
    { key: "McAllester1999", line: 1 },
    { key: "LeCun1998b", line: 1 },
  ]);
});

it("citedKeys() takes shapes, links and code for what they are", () => {
  expect(citedKeys('[batch, time], [2, 3], [Salmon2011](https://a.b), x[Index2020], `[Code2020]`, "[Text2020]", [ 1, 2 ]')).toEqual([]);
});

it("bibliographyProblems() wants every cited key once, in order", () => {
  const entries = (...keys: readonly string[]): string => keys.map((key) => `@article{${key},\n  year = {2020}\n}\n`).join("\n");
  const cited = new Map([["Beta2020", "a.ts:1"]]);
  expect(bibliographyProblems(entries("Alpha2020", "Beta2020"), cited)).toEqual([]);
  expect(bibliographyProblems(entries("Alpha2020"), cited)).toEqual(["a.ts:1 cites [Beta2020], which references.bib lacks"]);
  expect(bibliographyProblems(entries("Beta2020", "Alpha2020"), cited)).toEqual(["references.bib is out of order at Alpha2020"]);
  expect(bibliographyProblems(entries("Beta2020", "Beta2020"), cited)).toEqual(["references.bib holds Beta2020 twice"]);
});

it.each([
  ["a.ts", 'open("/tmp/x")', "a path of one machine"],
  [".ci/run", "cd /root/lab", "a path of one machine"],
  ["pnpm.yaml", "registry: https://registry.example.org", "a registry's host"],
  ["a.ts", "// TODO: write", "unfinished work"],
  ["README.md", "This is a stub.", "unfinished work"],
  ["a.ts", 'throw new Error("not implemented")', "unfinished work"],
  ["a.ts", "// @ts-ignore", "a silenced check"],
  ["a.ts", "/* oxlint-disable */", "a silenced check"],
])("forbidden() reports %s with %s", (file, text, says) => {
  expect(forbidden(file, `\n${text}`)).toEqual([expect.stringContaining(`${file}:2 holds ${says}`)]);
});

it.each([
  ["a.ts", 'import { tmpdir } from "node:os"; const x = a/work/b;'],
  ["a.ts", 'const op = "Placeholder";'],
  ["a.ts", "// oxlint-disable-next-line no-console -- a script speaks"],
  ["a.bin", "\0/tmp/x"],
])("forbidden() lets %s hold %s", (file, text) => {
  expect(forbidden(file, text)).toEqual([]);
});

it("exportedValues() follows re-exports to each value's docstring, and leaves types out", () => {
  const root = mkdtempSync(join(tmpdir(), "lab-exports-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const files = {
    "packages/a/package.json": JSON.stringify({
      name: "@lab/a",
      exports: { ".": { "@lab/source": "./src/index.ts" }, "./b": { "@lab/source": "./src/b/index.ts" }, "./package.json": "./package.json" },
    }),
    "packages/a/src/index.ts": 'export { f, type T, g as h } from "./f.ts";\nexport type { U } from "./f.ts";',
    "packages/a/src/f.ts": "export type T = 1;\nexport type U = 2;\n/** One. @example x */\nexport function f() {}\nexport const g = 1, hidden = 2;",
    "packages/a/src/b/index.ts": 'export { f } from "../f.ts";\nexport { C } from "./c.ts";',
    "packages/a/src/b/c.ts": "/** Two. */\nexport class C {}",
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  expect(exportedValues(root)).toEqual([
    { entry: "@lab/a", name: "f", file: "packages/a/src/f.ts", line: 4, doc: "/** One. @example x */" },
    { entry: "@lab/a", name: "h", file: "packages/a/src/f.ts", line: 5, doc: "" },
    { entry: "@lab/a/b", name: "f", file: "packages/a/src/f.ts", line: 4, doc: "/** One. @example x */" },
    { entry: "@lab/a/b", name: "C", file: "packages/a/src/b/c.ts", line: 2, doc: "/** Two. */" },
  ]);
});
