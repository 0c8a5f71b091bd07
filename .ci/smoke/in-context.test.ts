import { expect, it } from "vitest";
import { inContextProblems } from "./in-context.ts";

const shot = (model: string, value: number): object => ({ model, shots: 0, value, lower: 0.2, upper: 0.9 });
const coins = {
  kl: 0.1,
  stop: [0.875084, 0.875084, 0.837906, 0.774211].map((kl, after) => ({ after, kl })),
  twins: [{ from: 1, kl: 0.03, enumerated: 0.03, heads: [0.5, 0.4], certifiedTv: 0.2 }],
  shots: [shot("exact", 0.5), shot("decoder", 0.4)],
};
const ginc = {
  shots: [shot("exact", 0.7), shot("decoder", 0.4), shot("twin from 4 shots", 0.7)],
  twins: [
    { from: 0, klAtMost: 6 },
    { from: 1, klAtMost: 1 },
  ],
};
const problems = (change: object): string[] => inContextProblems(JSON.stringify({ engine: "native", seconds: 3, coins, ginc, ...change }));

it("inContextProblems() finds none in a whole study", () => {
  expect(problems({})).toEqual([]);
});

it.each([
  [{ engine: "" }, "engine"],
  [{ seconds: null }, "seconds"],
  [{ coins: { ...coins, kl: -0.1 } }, "coins.kl"],
  [{ coins: { ...coins, stop: coins.stop.slice(1) } }, "after 0"],
  [{ coins: { ...coins, twins: [] } }, "expected some"],
  [{ coins: { ...coins, twins: [{ ...coins.twins[0], enumerated: 0.04 }] } }, "not what enumeration finds"],
  [{ coins: { ...coins, twins: [{ ...coins.twins[0], heads: [0.9, 0.1] }] } }, "certificate of 1 heads"],
  [{ coins: { ...coins, shots: [shot("exact", 0.5)] } }, "expected decoder too"],
  [{ ginc: { ...ginc, shots: [...ginc.shots.slice(0, 2), shot("twin from 4 shots", 0.6)] } }, "differs after 0 shots"],
  [{ ginc: { ...ginc, shots: [shot("exact", 1.2), ...ginc.shots.slice(1)] } }, "within their limits"],
  [{ ginc: { ...ginc, twins: [...ginc.twins].reverse() } }, "fall with the shots"],
])("inContextProblems() names what is wrong in %j", (change, expected) => {
  expect(problems(change).join("\n")).toContain(expected);
});

it("inContextProblems() refuses a last line that is no JSON object", () => {
  for (const line of ["", "[1]", "{"]) expect(inContextProblems(line)).toHaveLength(1);
});
