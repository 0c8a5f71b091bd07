import { expect, it } from "vitest";
import { certificateProblems } from "./certificate.ts";

const rung = { lambda: 10, risk01: 0.2, testError01: 0.22, klUpper: 30, kl: 25, klLower: 20, bound01: 0.4 };
const good = {
  engine: "native",
  seconds: 40,
  n: 2000,
  parameters: 1000,
  ladder: [{ ...rung, lambda: 0, kl: 0, klUpper: 0, klLower: 0, risk01: 0.9, bound01: 0.95 }, rung],
  best: rung,
  meanField: { risk01: 0.3, kl: 100, bound01: 0.6 },
  diagnostics: { maxRhat: 1.01, minEss: 400, divergences: 0, acceptance: 0.8 },
};
const problems = (change: object): string[] => certificateProblems(JSON.stringify({ ...good, ...change }));

it("certificateProblems() finds none in a whole certificate", () => {
  expect(problems({})).toEqual([]);
});

it.each([
  [{ engine: undefined }, "engine"],
  [{ seconds: null }, "seconds"],
  [{ n: 1.5 }, "n: unexpected 1.5"],
  [{ ladder: [] }, "at least two temperatures"],
  [{ ladder: [rung, { ...rung, risk01: 1.2 }] }, "ladder[1].risk01"],
  [{ ladder: [rung, { ...rung, klLower: 26 }] }, "klLower ≤ kl ≤ klUpper"],
  [{ ladder: [rung, { ...rung, bound01: 0.1 }] }, "below risk01"],
  [{ best: undefined }, "best"],
  [{ meanField: { risk01: 0.3, kl: 100 } }, "meanField.bound01"],
  [{ diagnostics: undefined }, "diagnostics"],
])("certificateProblems() names what is wrong in %j", (change, expected) => {
  expect(problems(change).join("\n")).toContain(expected);
});

it("certificateProblems() refuses a last line that is no JSON object", () => {
  for (const line of ["", "Report: out/index.html", "[1]", "{"]) expect(certificateProblems(line)).toHaveLength(1);
});
