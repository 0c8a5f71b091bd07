import { expect, it } from "vitest";
import { comparisonProblems } from "./comparison.ts";

const spread = { mean: 0.5, se: 0.01 };
const run = {
  dataset: "MNIST",
  model: "mlp",
  kappa: null,
  rho: 0.1,
  seeds: 2,
  accuracy: spread,
  nll: spread,
  ece: spread,
  sharpness: spread,
  gradientEvaluations: 120,
};
const runs = ["SGD", "SAM", "ASAM", "RandomSAM", "MixSAM", "MFVI", "VariationalSAM", "IVON", "bSAM"].map((algorithm) => ({ ...run, algorithm }));
const problems = (change: object): string[] => comparisonProblems(JSON.stringify({ engine: "native", seconds: 3, runs, ...change }));

it("comparisonProblems() finds none in a whole comparison", () => {
  expect(problems({})).toEqual([]);
});

it.each([
  [{ engine: "" }, "engine"],
  [{ seconds: null }, "seconds"],
  [{ runs: runs.slice(1) }, "expected SGD too"],
  [{ runs: [...runs.slice(1), { ...runs[0], accuracy: { mean: 1.2, se: 0 } }] }, "runs[8].accuracy"],
  [{ runs: [...runs.slice(1), { ...runs[0], nll: { mean: 1, se: -1 } }] }, "runs[8].nll"],
  [{ runs: [...runs.slice(1), { ...runs[0], gradientEvaluations: 60 }] }, "expected equal numbers of gradients, got 120, 60"],
])("comparisonProblems() names what is wrong in %j", (change, expected) => {
  expect(problems(change).join("\n")).toContain(expected);
});

it("comparisonProblems() refuses a last line that is no JSON object", () => {
  for (const line of ["", "[1]", "{"]) expect(comparisonProblems(line)).toHaveLength(1);
});
