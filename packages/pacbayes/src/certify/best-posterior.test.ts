import { expect, it } from "vitest";
import { bestPosterior } from "./best-posterior.ts";
import { exactPosterior } from "./exact-draws.ts";

const runs = [
  { risk: 0.2, kl: 3000, draws: 500 },
  { risk: 0.25, kl: 1000, draws: 500 },
  { risk: 0.5, kl: 0, draws: 500 },
];

it("bestPosterior() is the least of certificates at δ_r/G, which is above the same certificate had it been the only one", () => {
  const { best, at, all } = bestPosterior(runs, { n: 60_000, deltaRisk: 0.02 });
  expect(all.map(({ bound }) => bound)).toEqual(runs.map((run) => exactPosterior(run, { n: 60_000, deltaRisk: 0.02 / 3 }).bound));
  expect(best.bound).toBe(Math.min(...all.map(({ bound }) => bound)));
  expect([at, best.deltaRisk]).toEqual([1, 0.02]);
  expect(best.bound).toBeGreaterThan(exactPosterior(runs[1]!, { n: 60_000, deltaRisk: 0.02 }).bound);
  expect(best.confidence).toBeCloseTo(1 - 0.025 - 0.02, 12);
});

it("bestPosterior() names what makes no sense", () => {
  expect(() => bestPosterior([], { n: 100 })).toThrow("expected at least one, got none");
  expect(() => bestPosterior(runs, { n: 100, deltaRisk: 0 })).toThrow("delta must be in (0, 1), got 0");
});
