import { expect, it } from "vitest";
import { delegationProblems } from "./delegation.ts";

const budgets = [
  { budget: 0, callRate: 0 },
  { budget: 0.22, callRate: 0.215 },
];
const method = {
  trainSteps: 71,
  trueTargets: 30_900,
  callRate: 0.215,
  factualPrecision: { value: 0.4, low: 0.3, high: 0.5 },
  leakage: 0.1,
  callLoss: 5.1,
  nonCallLoss: 4.6,
  budgets,
};
const methods = ["no call, calls at random", "no call, calls in doubt", "random", "rho", "pattern", "facts only", "lacy"].map((name) => ({ ...method, name }));
const whole = { engine: "native", seconds: 20, corpus: { documents: 48, tokens: 3500, factRate: 0.38 }, methods, tokensPerSecond: 100_000 };
const problems = (change: object): string => delegationProblems(JSON.stringify({ ...whole, ...change })).join("\n");
const withLast = (change: object): object => ({ methods: [...methods.slice(0, -1), { ...methods.at(-1), ...change }] });

it("delegationProblems() finds none in a whole comparison", () => {
  expect(problems({})).toBe("");
});

it("delegationProblems() allows that nothing was claimed that a table knows", () => {
  expect(problems(withLast({ factualPrecision: { value: null, low: null, high: null }, leakage: null }))).toBe("");
});

it.each([
  [{ engine: "" }, "engine"],
  [{ tokensPerSecond: "fast" }, "tokensPerSecond"],
  [{ corpus: { ...whole.corpus, factRate: 38 } }, "corpus.factRate"],
  [{ methods: methods.slice(0, -1) }, "expected lacy too"],
  [withLast({ factualPrecision: { value: 0.6, low: 0.3, high: 0.5 } }), "methods[6].factualPrecision"],
  [withLast({ trueTargets: 40_000 }), "expected equal true targets, got 30900 to 40000"],
  [withLast({ budgets: budgets.slice(0, 1) }), "methods[6].budgets"],
  [withLast({ budgets: [{ budget: 0, callRate: 0.01 }, budgets[1]] }), "expected calls at 0, got 0.01"],
  [withLast({ budgets: [budgets[0], { budget: 0.22, callRate: 0.4 }] }), "expected calls at 0.22, got 0.4"],
])("delegationProblems() names what is wrong in %j", (change, expected) => {
  expect(problems(change)).toContain(expected);
});

it("delegationProblems() refuses a last line that is no JSON object", () => {
  for (const line of ["", "[1]", "{"]) expect(delegationProblems(line)).toHaveLength(1);
});
