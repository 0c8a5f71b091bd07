import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

/** A file at a path from the root. */
export interface Snippet {
  readonly path: string;
  readonly code: string;
}
/** A file that a rule must complain about, once per pattern; and what its fix makes of it. */
export interface BadSnippet extends Snippet {
  readonly errors: readonly RegExp[];
  readonly fixed?: string;
}

export const at = (path: string, code: string): Snippet => ({ path, code });
export const bad = (path: string, code: string, ...errors: readonly RegExp[]): BadSnippet => ({ path, code, errors });

/** One rule on all its snippets, each in a workspace of its own, by one run of the linter as it runs on the repository. */
export function law(rule: string, says: string, { valid, invalid }: { readonly valid: readonly Snippet[]; readonly invalid: readonly BadSnippet[] }): void {
  it(`lab/${rule} ${says}`, () => {
    const root = mkdtempSync(join(tmpdir(), "lab-lint-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const snippets = [...valid, ...invalid];
    for (const [i, { path, code }] of snippets.entries()) {
      const file = join(root, String(i), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(join(root, String(i), "pnpm-workspace.yaml"), "");
      writeFileSync(file, code);
    }
    const plugin = fileURLToPath(new URL("./plugin.ts", import.meta.url));
    writeFileSync(
      join(root, ".oxlintrc.json"),
      JSON.stringify({ jsPlugins: [plugin], categories: { correctness: "off" }, plugins: [], rules: { [`lab/${rule}`]: "error" } }),
    );

    const found = messages(root);
    for (const [i, { path, code }] of valid.entries()) expect(found[i] ?? [], `${path}: ${code}`).toEqual([]);
    for (const [j, { path, code, errors }] of invalid.entries()) {
      const got = found[valid.length + j] ?? [];
      expect(got.length, `${path}: ${code}\n${got.join("\n")}`).toBe(errors.length);
      for (const error of errors)
        expect(
          got.some((message) => error.test(message)),
          `${String(error)} in ${got.join("; ")}`,
        ).toBe(true);
    }

    const fixable = invalid.map((snippet, j) => ({ ...snippet, folder: String(valid.length + j) })).filter(({ fixed }) => fixed !== undefined);
    if (fixable.length > 0) oxlint(root, "--fix");
    for (const { folder, path, fixed } of fixable) expect(readFileSync(join(root, folder, path), "utf8")).toBe(fixed);
  });
}

/** What the linter says of each numbered folder. */
function messages(root: string): Record<number, string[]> {
  const { diagnostics } = JSON.parse(oxlint(root, "--format=json")) as { diagnostics: readonly { message: string; filename: string }[] };
  const found: Record<number, string[]> = {};
  for (const { filename, message } of diagnostics) (found[Number(/^\d+/.exec(filename)![0])] ??= []).push(message);
  return found;
}

/** The output of the linter in a folder. */
export function oxlint(root: string, ...flags: readonly string[]): string {
  const require = createRequire(import.meta.url);
  const bin = join(dirname(require.resolve("oxlint/package.json")), "bin/oxlint");
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", import.meta.resolve("tsx"), bin, ...flags], { cwd: root, encoding: "utf8" });
  if (stdout === "") throw new Error(`Cannot lint the snippets: ${stderr}`);
  return stdout;
}
