import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { oxlint } from "./law.ts";

/** What the repository's own configuration says of some files, without our plugin. */
function findings(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), "lab-cycles-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const config = JSON.parse(readFileSync(fileURLToPath(new URL("../../.oxlintrc.json", import.meta.url)), "utf8")) as { rules: Record<string, unknown> };
  const rules = Object.fromEntries(Object.entries(config.rules).filter(([name]) => !name.startsWith("lab/")));
  writeFileSync(join(root, ".oxlintrc.json"), JSON.stringify({ ...config, $schema: undefined, jsPlugins: [], rules }));
  mkdirSync(join(root, "src"));
  for (const [name, code] of Object.entries(files)) writeFileSync(join(root, "src", name), code);
  const { diagnostics } = JSON.parse(oxlint(root, "--format=json")) as { diagnostics: readonly { code: string; filename: string }[] };
  return diagnostics.map(({ code, filename }) => `${filename} ${code}`).toSorted();
}

it("the linter reports two files that import each other, and two that do so through a third", () => {
  expect(
    findings({
      "a.ts": 'import { b } from "./b.ts";\nexport const a = (): number => b();\n',
      "b.ts": 'import { a } from "./a.ts";\nexport const b = (): number => a();\n',
    }),
  ).toEqual(["src/a.ts import(no-cycle)", "src/b.ts import(no-cycle)"]);
  const ring = (to: string): string => `export { x${to} } from "./${to}.ts";\n`;
  expect(findings({ "a.ts": ring("b"), "b.ts": ring("c"), "c.ts": ring("a") })).toHaveLength(3);
});

it("the linter accepts files that import downward", () => {
  expect(findings({ "a.ts": 'import { b } from "./b.ts";\nexport const a = b;\n', "b.ts": "export const b = 1;\n" })).toEqual([]);
});

it("the linter reports a file of more than 300 lines, a test of more than 500, and `any`", () => {
  const lines = (n: number): string => Array.from({ length: n }, (_, i) => `export const x${i} = ${i};\n`).join("");
  expect(findings({ "a.ts": lines(301), "b.ts": lines(300), "a.test.ts": lines(500), "b.test.ts": lines(501) })).toEqual([
    "src/a.ts eslint(max-lines)",
    "src/b.test.ts eslint(max-lines)",
  ]);
  expect(findings({ "a.ts": "export const a = (x: any): void => void x;\n" })).toEqual(["src/a.ts typescript(no-explicit-any)"]);
});
