import { expect, it } from "vitest";
import { rulesProblems } from "./rules.ts";

const share = { mean: 0.5, sd: 0.1 };
const regime = { seeds: 2, testLoss: { mean: 0.1, sd: 0.01 }, klPerSequence: { mean: 2, sd: 0.1 }, oodR1: share, oodR2Completion: share, idR1: share };
const regimes = ["max likelihood", "adversarial", "oracle"].map((name) => ({ ...regime, name }));
const problems = (change: object): string[] => rulesProblems(JSON.stringify({ engine: "native", seconds: 3, floor: Math.log(128) / 257, regimes, ...change }));
const first = (change: object): object => ({ regimes: [{ ...regimes[0], ...change }, ...regimes.slice(1)] });

it("rulesProblems() finds none in a whole study", () => {
  expect(problems({})).toEqual([]);
});

it.each([
  [{ engine: "" }, "engine"],
  [{ seconds: null }, "seconds"],
  [{ floor: 0.02 }, "floor"],
  [{ regimes: regimes.slice(1) }, "expected max likelihood too"],
  [first({ oodR1: { mean: 1.2, sd: 0 } }), "regimes[0].oodR1"],
  [first({ idR1: undefined }), "regimes[0].idR1"],
  [first({ testLoss: { mean: 0.01, sd: 0 } }), "below the floor"],
  [first({ klPerSequence: { mean: 30, sd: 0 } }), "KL ≤ 257"],
])("rulesProblems() names what is wrong in %j", (change, expected) => {
  expect(problems(change).join("\n")).toContain(expected);
});

it("rulesProblems() refuses a last line that is no JSON object", () => {
  for (const line of ["", "[1]", "{"]) expect(rulesProblems(line)).toHaveLength(1);
});
