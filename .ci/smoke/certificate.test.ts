import { expect, it } from "vitest";
import { certificateProblems } from "./certificate.ts";

const rung = { lambda: 10, risk01: 0.2, testError01: 0.22, klUpper: 30, kl: 25, klLower: 20, bound01: 0.4 };
const hmc = { risk01: 0.2, klOverN: 0.0125, klOverNError: 0.001, bound01: 0.4, boundCe: 0.3, method: "central-limit", testError01: 0.22 };
const setting = {
  name: "linear",
  classes: 10,
  n: 2000,
  inputs: 196,
  parameters: 1970,
  sigmaPrior: 0.3,
  hmc,
  meanField: { ...hmc, bound01: 0.5 },
  gap01: 0.1,
  maxRhat: 1.01,
  minEss: 400,
  divergences: 0,
  acceptance: 0.8,
  gradients: 1000,
  ladder: [{ ...rung, lambda: 0, kl: 0, klUpper: 0, klLower: 0, risk01: 0.9, bound01: 0.95 }, rung],
};
const good = { engine: "native", seconds: 40, settings: [setting] };
const problems = (change: object): string[] => certificateProblems(JSON.stringify({ ...good, ...change }));

it("certificateProblems() finds none in a whole certificate", () => {
  expect(problems({})).toEqual([]);
});

it.each([
  [{ engine: undefined }, "engine"],
  [{ seconds: null }, "seconds"],
  [{ settings: [] }, "expected at least one"],
  [{ settings: [null] }, "settings[0].: expected an object"],
])("certificateProblems() names what is wrong in %j", (change, expected) => {
  expect(problems(change).join("\n")).toContain(expected);
});

it.each([
  [{ n: 1.5 }, "n: unexpected 1.5"],
  [{ ladder: [rung] }, "at least two temperatures"],
  [{ ladder: [rung, { ...rung, risk01: 1.2 }] }, "ladder[1].risk01"],
  [{ ladder: [rung, { ...rung, klLower: 26 }] }, "klLower ≤ kl ≤ klUpper"],
  [{ ladder: [rung, { ...rung, bound01: 0.1 }] }, "below risk01"],
  [{ hmc: undefined }, "hmc"],
  [{ hmc: { ...hmc, klOverNError: null } }, "hmc.klOverNError"],
  [{ meanField: { ...hmc, bound01: 0.1 } }, "settings[0].meanField: bound01 0.1 is below risk01 0.2"],
  [{ gap01: 0.2 }, "gap01: expected the difference"],
  [{ maxRhat: undefined }, "maxRhat"],
])("certificateProblems() names what is wrong in a setting with %j", (change, expected) => {
  expect(problems({ settings: [{ ...setting, ...change }] }).join("\n")).toContain(expected);
});

it("certificateProblems() refuses a last line that is no JSON object", () => {
  for (const line of ["", "Report: out/index.html", "[1]", "{"]) expect(certificateProblems(line)).toHaveLength(1);
});
