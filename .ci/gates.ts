import type { Count, Gate } from "./runner/gate.ts";

const PNPM = ["npx", "-y", "pnpm@10.34.9", "--silent"];
const tsx = (script: string, ...args: readonly string[]): string[] => ["tsx", "--conditions=@lab/source", script, ...args];

function vitestCount(text: string): Count {
  const { numPassedTests, numFailedTests, numTotalTests } = JSON.parse(text) as Record<"numPassedTests" | "numFailedTests" | "numTotalTests", number>;
  return { passed: numPassedTests, failed: Math.max(numFailedTests, numTotalTests - numPassedTests) };
}
const vitest = (name: string, ...args: readonly string[]): Pick<Gate, "command" | "counts"> => {
  const file = `node_modules/.cache/vitest-${name}.json`;
  return { command: ["vitest", "run", "--reporter=dot", "--reporter=json", `--outputFile.json=${file}`, ...args], counts: { file, read: vitestCount } };
};

/** Everything that must hold before a change is taken, cheapest first. */
export const gates: readonly Gate[] = [
  { name: "format", says: "every file has the layout of the formatter", command: ["oxfmt", "--check"] },
  { name: "lint", says: "layers, effects, number world, cycles, names, long files", command: ["tsx", "node_modules/oxlint/bin/oxlint", "--format=unix"] },
  { name: "words", says: "no machine paths, no unfinished work, no silenced checks", command: tsx(".ci/source/words.ts") },
  { name: "citations", says: "what docstrings cite is in references.bib, and nothing else", command: tsx(".ci/source/citations.ts") },
  { name: "documented", says: "every exported value has an example", command: tsx(".ci/source/undocumented.ts") },
  { name: "workspace", says: "the manifests of the workspace agree", command: ["sherif", "--fail-on-warnings"] },
  { name: "changesets", says: "every changed package has a valid changeset", command: tsx(".ci/packaging/changesets.ts") },
  { name: "build", says: "all packages build", command: [...PNPM, "run", "build", "--output-logs=errors-only"] },
  {
    name: "types",
    says: "everything type-checks",
    command: ["tsc", "--noEmit", "--incremental", "--tsBuildInfoFile", "node_modules/.cache/types.tsbuildinfo"],
  },
  { name: "knip", says: "no unused files, exports or dependencies", command: ["knip", "--no-progress"], needs: ["build"] },
  { name: "pack", says: "all packages pack, with licence and README", command: tsx(".ci/packaging/pack.ts"), needs: ["build"] },
  { name: "publint", says: "the tarballs are publishable", command: tsx(".ci/packaging/publint.ts"), needs: ["pack"] },
  { name: "attw", says: "the types resolve as the code does", command: tsx(".ci/packaging/attw.ts"), needs: ["pack"] },
  { name: "api", says: "the public API is the reported one", command: tsx(".ci/packaging/api.ts"), needs: ["build"] },
  { name: "size", says: "every package bundles for the browser within its limit", command: ["size-limit"], needs: ["build"] },
  { name: "consumer", says: "the tarballs install, import, type-check and run outside", command: tsx(".ci/packaging/consumer.ts"), needs: ["pack"] },
  {
    name: "examples",
    says: "the code in docstrings, READMEs and guides runs",
    command: tsx(".ci/examples/run.ts", "--json", "node_modules/.cache/examples.json"),
    counts: { file: "node_modules/.cache/examples.json", read: (text) => JSON.parse(text) as Count },
  },
  { name: "examples-types", says: "and compiles for its reader", command: tsx(".ci/examples/compile.ts") },
  { name: "tests", says: "all tests pass on the machine's engine", slots: 2, ...vitest("native") },
  { name: "tests-wasm", says: "tests of every engine pass on WASM", slots: 2, env: { LAB_TEST_ENGINE: "wasm" }, ...vitest("wasm") },
  {
    name: "tests-vectors",
    says: "the kernels hold their laws without matrix units",
    slots: 2,
    env: { LAB_KERNELS: "vectors" },
    ...vitest("vectors", "packages/tensor-core/src/engine/kernels.test.ts", "packages/tensor-core/src/nn"),
  },
  { name: "docs", says: "the documentation builds", command: [...PNPM, "--filter", "@lab/docs", "run", "build"] },
  { name: "tests-slow", says: "the long tests pass", slots: 2, slow: true, env: { LAB_TEST_SLOW: "1" }, ...vitest("slow") },
];
