import { expect, it } from "vitest";
import { acceptanceRatio } from "./acceptance-ratio.ts";
import { annealedEvidence } from "./annealed-evidence.ts";
import { batchMeans } from "./batch-means.ts";
import { pathSum } from "./path-sum.ts";
import { replicated } from "./replicated.ts";
import { steppingStone } from "./stepping-stone.ts";
import { thermodynamic } from "./thermodynamic.ts";
import type { EnergyDraws } from "./checked-rungs.ts";

/** w ~ N(0, I₂), U = ½ k ‖w‖²: under ρ_λ, U is exponential of mean k/(1 + λk), so that it can be drawn exactly. */
const K = 40;
const truth = (lambda: number) => ({ freeEnergy: Math.log1p(lambda * K), kl: Math.log1p(lambda * K) - (lambda * K) / (1 + lambda * K) });
const lambdas = Array.from({ length: 13 }, (_, i) => (i / 12) ** 3);
function exponentialRungs(seed: number, draws = 1000): readonly EnergyDraws[] {
  const random = generator(seed);
  return lambdas.map((lambda) => ({
    lambda,
    energies: Array.from({ length: 4 }, () => Float64Array.from({ length: draws }, () => (-Math.log1p(-random()) * K) / (1 + lambda * K))),
  }));
}

function generator(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  const word = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return () => word() / 2 ** 32;
}

it.each([
  ["steppingStone", steppingStone],
  ["acceptanceRatio", acceptanceRatio],
] as const)("%s() gives F and KL of a Gaussian at every rung within five of its standard errors, and the errors are not idle", (_, estimator) => {
  estimator(exponentialRungs(3)).forEach(({ lambda, freeEnergy, freeEnergyError, kl, klError }, k) => {
    const exact = truth(lambda);
    expect(Math.abs(freeEnergy - exact.freeEnergy)).toBeLessThanOrEqual(5 * freeEnergyError);
    expect(Math.abs(kl - exact.kl)).toBeLessThanOrEqual(5 * klError + 1e-12);
    if (k > 0) expect(freeEnergyError).toBeLessThan(0.1);
  });
});

it.each([
  ["steppingStone", steppingStone],
  ["acceptanceRatio", acceptanceRatio],
] as const)("%s() states errors as large as those between independent replications", (_, estimator) => {
  const tops = Array.from({ length: 40 }, (_, j) => estimator(exponentialRungs(100 + j, 100)).at(-1)!);
  for (const [value, error] of [
    ["freeEnergy", "freeEnergyError"],
    ["kl", "klError"],
  ] as const) {
    const spread = replicated(tops.map((top) => top[value])).error * Math.sqrt(40);
    const stated = replicated(tops.map((top) => top[error])).mean;
    // A standard deviation from 40 values has a relative error of 1/√78 = 0.113; five of them.
    expect(Math.abs(stated / spread - 1)).toBeLessThan(0.57);
  }
});

it("acceptanceRatio() of one interval errs less than steppingStone() on the same draws", () => {
  const rungs = [0, 8].map((i, k) => ({ ...exponentialRungs(5)[i]!, lambda: k === 0 ? 0 : lambdas[8]! }));
  expect(acceptanceRatio(rungs).at(-1)!.freeEnergyError).toBeLessThan(steppingStone(rungs).at(-1)!.freeEnergyError);
});

it("acceptanceRatio() with another number of draws on each rung keeps the signs: both ratios of m enter", () => {
  const rungs = exponentialRungs(7, 2000).map(({ lambda, energies }, i) => ({
    lambda,
    energies: Array.from(energies, (c) => Float64Array.from(c).subarray(0, i % 2 === 0 ? 2000 : 300)),
  }));
  const { freeEnergy, freeEnergyError } = acceptanceRatio(rungs).at(-1)!;
  expect(Math.abs(freeEnergy - truth(1).freeEnergy)).toBeLessThan(5 * freeEnergyError);
});

it("acceptanceRatio() and steppingStone() are NaN where draws are not finite, and name a ladder that is none", () => {
  const rungs = [
    { lambda: 0, energies: [[1, 2, NaN, 3]] },
    { lambda: 1, energies: [[1, 2, 2, 3]] },
  ];
  for (const estimator of [steppingStone, acceptanceRatio]) {
    expect(estimator(rungs)[1]).toMatchObject({ freeEnergy: NaN, kl: NaN });
    expect(() => estimator([])).toThrow("first lambda to be 0, got an empty ladder");
    expect(() => estimator(rungs.toReversed())).toThrow("first lambda to be 0, got 1");
    expect(() => estimator([rungs[0]!, rungs[0]!])).toThrow("expected lambda to increase, got 0 after 0");
  }
});

it("pathSum() is the sum of thermodynamic() draw by draw: its mean is F, and KL less λE", () => {
  const rungs = exponentialRungs(11, 400);
  const sums = thermodynamic(rungs.map(({ lambda, energies }) => ({ lambda, energy: batchMeans(energies, { batches: 400 }).mean }))).at(-1)!;
  for (const of of ["upper", "lower", "trapezoid"] as const) {
    expect(batchMeans(pathSum(rungs, { of }), { batches: 400 }).mean).toBeCloseTo(sums.freeEnergy[of], 9);
    expect(batchMeans(pathSum(rungs, { of, kl: true }), { batches: 400 }).mean).toBeCloseTo(sums.kl[of], 9);
  }
  expect(() => pathSum([rungs[0]!, { lambda: 1, energies: [[1, 2, 3, 4]] }], { of: "upper" })).toThrow("expected every rung to have 4 chains of 400 draws");
});

it("batchMeans() sees the correlation of a chain: error √((1 + a)/(1 − a)) times that of independent draws", () => {
  const random = generator(9);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const [a, length] = [0.8, 40_000];
  const chain = new Float64Array(length);
  for (let t = 1; t < length; t++) chain[t] = a * chain[t - 1]! + Math.sqrt(1 - a * a) * normal();
  const { error, count } = batchMeans([chain]);
  // 200 batches: relative error 1/√398 = 0.05, five of them.
  expect(Math.abs(error / Math.sqrt((1 + a) / (1 - a) / length) - 1)).toBeLessThan(0.25);
  expect(count).toBe(200);
  expect(batchMeans([[1, NaN, 2, 3]]).mean).toBeNaN();
  expect(() => batchMeans([chain], { batches: 1 })).toThrow("at least 2 in all, got 1");
  expect(() => replicated([1])).toThrow("expected at least 2 replications, got 1");
});

it("annealedEvidence() is −ln of the mean weight, with signs: energies before the move times the step above", () => {
  const ladder = [0, 0.5, 2];
  const { freeEnergy, logWeights, ess } = annealedEvidence(
    [
      [1, 2],
      [3, 5],
    ],
    ladder,
  );
  expect(logWeights).toEqual([-5, -8.5]);
  const weights = [Math.exp(-5), Math.exp(-8.5)] as const;
  expect(freeEnergy).toBeCloseTo(-Math.log((weights[0] + weights[1]) / 2), 12);
  expect(ess).toBeCloseTo((weights[0] + weights[1]) ** 2 / (weights[0] ** 2 + weights[1] ** 2), 12);
});

it("annealedEvidence() gives a trajectory of NaN no weight, and names rows that do not fit the ladder", () => {
  expect(annealedEvidence([[NaN, 2]], [0, 1]).freeEnergy).toBeCloseTo(2 + Math.LN2, 12);
  expect(annealedEvidence([[NaN]], [0, 1]).freeEnergy).toBe(Infinity);
  expect(() => annealedEvidence([[1]], [0, 1, 2])).toThrow("a row of energies for each of 2 intervals, got 1");
  expect(() => annealedEvidence([], [])).toThrow("got an empty ladder");
  expect(() => annealedEvidence([[1, 2], [1]], [0, 1, 2])).toThrow("expected rows of 2 chains each");
  expect(() => annealedEvidence([[1], [1]], [0, 2, 1])).toThrow("expected lambda to increase, got 1 after 2");
});
