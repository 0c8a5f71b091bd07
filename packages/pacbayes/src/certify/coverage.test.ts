import fc from "fast-check";
import { expect, it } from "vitest";
import { freeEnergyBound, freeEnergyCatoni } from "../bounds/free-energy.ts";
import { maurer } from "../bounds/maurer.ts";
import { bestPosterior } from "./best-posterior.ts";
import { centralLimit } from "./central-limit.ts";
import { exactDraws } from "./exact-draws.ts";
import { withoutMixing } from "./without-mixing.ts";

/** Two hypotheses that err independently with known rates, a uniform prior: every quantity of the Gibbs family is a finite sum. */
const [n, rates] = [100, [0.35, 0.5]] as const;
const lambdas = [0, 0.02, 0.06, 0.15, 0.4];

let seed = 0;
function random(): number {
  seed = (seed + 0x9e3779b9) >>> 0;
  let z = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
}

function count(p: number, times: number): number {
  let s = 0;
  for (let i = 0; i < times; i++) if (random() < p) s++;
  return s;
}

const risksOfSample = (): readonly [number, number] => [count(rates[0], n) / n, count(rates[1], n) / n];
/** ρ_λ of the first hypothesis. */
const gibbs = (lambda: number, risks: readonly [number, number]): number => 1 / (1 + Math.exp(lambda * n * (risks[0] - risks[1])));
const mixed = (p: number, of: readonly [number, number]): number => p * of[0] + (1 - p) * of[1];
/** The greatest number of failures that a binomial test at five standard errors lets pass. */
const most = (trials: number, failure: number): number => trials * failure + 5 * Math.sqrt(trials * failure * (1 - failure));

it("withoutMixing() covers with chains that do not move at all, the whole of its δ_F tested on Z alone", () => {
  seed = 1;
  const [trials, deltaEvidence] = [3000, 0.2];
  let [failures, evidence] = [0, 0];
  for (let t = 0; t < trials; t++) {
    const risks = risksOfSample();
    const lambda = 0.4;
    // A chain that never moves is annealed by w = e^{−λ n r̂} of its first draw from the prior: the worst kernel there is.
    const logWeights = Array.from({ length: 3 }, () => -lambda * n * (random() < 0.5 ? risks[0] : risks[1]));
    const { bound, freeEnergyUpper } = withoutMixing({ lambda, logWeights }, { n, delta: 0.1, deltaEvidence });
    if (mixed(gibbs(lambda, risks), rates) > bound) failures++;
    if (-Math.log((Math.exp(-lambda * n * risks[0]) + Math.exp(-lambda * n * risks[1])) / 2) > freeEnergyUpper) evidence++;
  }
  expect(failures).toBeLessThan(most(trials, 0.1 + deltaEvidence));
  expect(evidence).toBeLessThan(most(trials, deltaEvidence));
});

it("exactDraws() misses no more often than each share of δ says: risks by δ_r, free energies by δ_F; means in their place miss more", () => {
  seed = 4;
  const [trials, m, deltaRisk, deltaEvidence] = [3000, 12, 0.2, 0.2];
  let [risk, evidence, bareRisk, bareEvidence] = [0, 0, 0, 0];
  for (let t = 0; t < trials; t++) {
    const risks = risksOfSample();
    const truth = (lambda: number): number => mixed(gibbs(lambda, risks), risks);
    const freeEnergy = (lambda: number): number => -Math.log((Math.exp(-lambda * n * risks[0]) + Math.exp(-lambda * n * risks[1])) / 2);
    const ladder = lambdas.map((lambda) => ({ lambda, risk: mixed(count(gibbs(lambda, risks), m) / m, risks), draws: m }));
    const certified = exactDraws(ladder, { n, delta: 0.1, deltaRisk, deltaEvidence });
    const left = ladder.map((_, k) => ladder.slice(0, k).reduce((sum, { lambda, risk: mean }, i) => sum + (lambdas[i + 1]! - lambda) * n * mean, 0));
    if (certified.some(({ lambda, risk: { low, high } }) => truth(lambda) < low || truth(lambda) > high)) risk++;
    if (certified.some(({ lambda, freeEnergyUpper }) => freeEnergy(lambda) > freeEnergyUpper)) evidence++;
    if (certified.some(({ lambda, risk: { mean } }) => truth(lambda) > mean)) bareRisk++;
    if (certified.some(({ lambda }, i) => freeEnergy(lambda) > left[i + 1]!)) bareEvidence++;
  }
  expect(risk).toBeLessThan(most(trials, deltaRisk));
  expect(evidence).toBeLessThan(most(trials, deltaEvidence));
  expect(bareRisk).toBeGreaterThan(most(trials, deltaRisk));
  expect(bareEvidence).toBeGreaterThan(most(trials, deltaEvidence));
});

it("bestPosterior() of posteriors that the sample chose covers: no more than δ + δ_r fail, and the best mean as it is fails more", () => {
  seed = 5;
  const [trials, m, delta, deltaRisk] = [2000, 20, 0.1, 0.1];
  let [failures, missed, bare] = [0, 0, 0];
  for (let t = 0; t < trials; t++) {
    const risks = risksOfSample();
    const shares = [0.5, gibbs(0.1, risks), gibbs(0.4, risks), 0.9];
    const kl = (p: number): number =>
      Math.max(
        0,
        [p, 1 - p].reduce((s, q) => s + (q === 0 ? 0 : q * Math.log(2 * q)), 0),
      );
    const runs = shares.map((p) => ({ risk: mixed(count(p, m) / m, risks), kl: kl(p), draws: m }));
    const { best, at, all } = bestPosterior(runs, { n, delta, deltaRisk });
    if (mixed(shares[at]!, rates) > best.bound) failures++;
    if (all.some(({ risk }, i) => mixed(shares[i]!, risks) > risk.high)) missed++;
    if (mixed(shares[at]!, rates) > best.risk.mean) bare++;
  }
  expect(failures).toBeLessThan(most(trials, delta + deltaRisk));
  expect(missed).toBeLessThan(most(trials, deltaRisk));
  expect(bare).toBeGreaterThan(most(trials, delta + deltaRisk));
});

it("exactDraws() with a supplied distance covers draws from a law off by it, and without it fails on the risk", () => {
  seed = 2;
  const [trials, m, distance] = [1500, 400, 0.2];
  let [failures, missed] = [0, 0];
  for (let t = 0; t < trials; t++) {
    const risks = risksOfSample();
    const off = (lambda: number): number => Math.min(1, gibbs(lambda, risks) + distance);
    const ladder = lambdas.map((lambda) => {
      const ones = count(off(lambda), m);
      return { lambda, risk: mixed(ones / m, risks), draws: m };
    });
    const options = { n, delta: 0.1, deltaRisk: 0.05, deltaEvidence: 0.05 };
    const certified = exactDraws(ladder, { ...options, distance });
    if (certified.some(({ lambda, bound }) => mixed(gibbs(lambda, risks), rates) > bound)) failures++;
    if (certified.some(({ lambda, risk }) => !(mixed(gibbs(lambda, risks), risks) >= risk.low && mixed(gibbs(lambda, risks), risks) <= risk.high))) missed++;
  }
  expect(failures).toBeLessThan(most(trials, 0.2));
  expect(missed).toBeLessThan(most(trials, 0.05));
  const {
    method,
    assumption,
    distance: stated,
  } = exactDraws(
    [
      { lambda: 0, risk: 0.5, draws: 9 },
      { lambda: 1, risk: 0.4, draws: 9 },
    ],
    { n, distance },
  )[0]!;
  expect([method, stated]).toEqual(["supplied-distance", 0.2]);
  expect(assumption).toContain("total variation 0.2");
});

it("exactDraws() with a greater distance never gives a lower bound, and names one that is none", () => {
  const share = fc.double({ min: 0, max: 0.5, noNaN: true });
  const ladder = [
    { lambda: 0, risk: 0.6, risk01: 0.6, draws: 500 },
    { lambda: 0.2, risk: 0.3, risk01: 0.2, draws: 500 },
  ];
  fc.assert(
    fc.property(share, share, (a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)].map((distance) => exactDraws(ladder, { n: 1000, distance })[0]!);
      return more!.bound >= less!.bound && more!.zeroOne!.bound >= less!.zeroOne!.bound && more!.freeEnergyUpper >= less!.freeEnergyUpper;
    }),
  );
  expect(() => exactDraws(ladder, { n: 1000, distance: 1 })).toThrow("distance must be in [0, 1), got 1");
});

it.each([["normal", undefined] as const, ["Student's t over ten replications", 10] as const])(
  "centralLimit() with %s covers on its own terms: stationary draws, as many as the theorem wants",
  (_, replications) => {
    seed = 3;
    const [trials, m] = [1500, replications === undefined ? 4000 : 400];
    let [failures, missed] = [0, 0];
    for (let t = 0; t < trials; t++) {
      const risks = risksOfSample();
      // Below λ = 0.1 both hypotheses are drawn often: above it one may never be, where the error is 0 and the theorem has not set in.
      const ladder = lambdas.slice(0, 3).map((lambda) => {
        const parts = Array.from({ length: replications ?? 1 }, () => mixed(count(gibbs(lambda, risks), m) / m, risks));
        const risk = parts.reduce((s, x) => s + x, 0) / parts.length;
        const p = (risk - risks[1]) / (risks[0] - risks[1] || 1);
        const error =
          replications === undefined
            ? Math.abs(risks[0] - risks[1]) * Math.sqrt((p * (1 - p)) / m)
            : Math.sqrt(parts.reduce((s, x) => s + (x - risk) ** 2, 0) / (parts.length - 1) / parts.length);
        return { lambda, risk, error };
      });
      const options = { n, delta: 0.1, deltaRisk: 0.05, deltaEvidence: 0.05, ...(replications !== undefined && { replications }) };
      const certified = centralLimit(ladder, options);
      if (certified.some(({ lambda, bound }) => mixed(gibbs(lambda, risks), rates) > bound)) failures++;
      const truth = (lambda: number): number => mixed(gibbs(lambda, risks), risks);
      // Equal risks leave nothing but rounding.
      if (certified.some(({ lambda, risk }) => truth(lambda) < risk.low - 1e-12 || truth(lambda) > risk.high + 1e-12)) missed++;
    }
    expect(failures).toBeLessThan(most(trials, 0.2));
    expect(missed).toBeLessThan(most(trials, 0.05));
    // The intervals are as wide as they say, and no wider: a Bonferroni share of δ_r among two rungs loses little.
    expect(missed).toBeGreaterThan(trials * 0.05 * 0.5);
  },
);

it("centralLimit() without errors is the point value with the left sum, and its intervals widen with the errors", () => {
  const ladder = [
    { lambda: 0, risk: 0.6, error: 0 },
    { lambda: 0.05, risk: 0.4, error: 0 },
    { lambda: 0.2, risk: 0.3, risk01: 0.25, error: 0, error01: 0 },
  ];
  const top = centralLimit(ladder, { n: 2000 }).at(-1)!;
  const kl = 2000 * (0.05 * 0.6 + 0.15 * 0.4 - 0.2 * 0.3);
  expect(top.klUpper).toBeCloseTo(kl, 9);
  expect(top.bound).toBeCloseTo(maurer({ empiricalRisk: 0.3, kl, n: 2000, delta: 0.025 }), 12);
  expect(top.zeroOne!.bound).toBeCloseTo(maurer({ empiricalRisk: 0.25, kl, n: 2000, delta: 0.025 }), 12);
  const wider = centralLimit(
    ladder.map((rung) => ({ ...rung, error: 0.005 })),
    { n: 2000 },
  ).at(-1)!;
  expect(wider.bound).toBeGreaterThan(top.bound);
  expect(wider.bound).toBeLessThanOrEqual(freeEnergyBound({ lambda: 0.2, freeEnergy: wider.freeEnergyUpper, n: 2000, delta: 0.025 }));
  expect(
    centralLimit(
      ladder.map((rung) => ({ ...rung, error: 0.005 })),
      { n: 2000, replications: 8 },
    ).at(-1)!.bound,
  ).toBeGreaterThan(wider.bound);
  expect([top.asymptotic, top.assumption.startsWith("Asymptotic")]).toEqual([true, true]);
});

it("centralLimit() gives 1 for NaN, and names what is wrong with its numbers", () => {
  const good = [
    { lambda: 0, risk: 0.5, error: 0.01 },
    { lambda: 1, risk: 0.4, error: 0.01 },
  ];
  expect(centralLimit([{ ...good[0]!, error: NaN }, good[1]!], { n: 100 })[0]!.bound).toBe(1);
  expect(() => centralLimit(good, { n: 100, replications: 3 })).toThrow("replications must be a whole number of at least 8, got 3");
  expect(() => centralLimit([], { n: 100 })).toThrow("got an empty ladder");
  expect(() => centralLimit([good[0]!, good[0]!], { n: 100 })).toThrow("expected lambda to increase, got 0 after 0");
  expect(() => centralLimit([good[0]!, { ...good[1]!, risk: -0.1 }], { n: 100 })).toThrow("a risk must be in [0, 1], got -0.1");
  expect(() => centralLimit([good[0]!, { ...good[1]!, risk01: 0.1 }], { n: 100 })).toThrow("expected error01 beside risk01");
  expect(() => centralLimit(good, { n: 100, delta: 0 })).toThrow("delta must be in (0, 1), got 0");
  expect(() => centralLimit(good, { n: 100, freeEnergyErrors: [0, -1] })).toThrow("a standard error must be at least 0, got -1");
  expect(() => centralLimit([good[0]!, { ...good[1]!, error: -0.1 }], { n: 100 })).toThrow("a standard error must be at least 0, got -0.1");
  expect(() => centralLimit(good, { n: 100, freeEnergyErrors: [1] })).toThrow("expected 2 errors of free energies, got 1");
});

it("withoutMixing() pays ln(G/δ_F), never falls below the bound of the estimate itself, and takes the zero-one factor L/ln 2", () => {
  const weights = { lambda: 0.5, logWeights: [-700, -702] };
  const [one, best] = [1, 4].map((compared) => withoutMixing(weights, { n: 60_000, compared, level: 4 }));
  expect(best!.freeEnergyUpper - one!.freeEnergyUpper).toBeCloseTo(Math.log(4), 9);
  expect(one!.freeEnergyUpper).toBeCloseTo(-Math.log((Math.exp(0) + Math.exp(-2)) / 2) + 700 - Math.log(0.01), 9);
  expect(one!.bound).toBeGreaterThan(freeEnergyBound({ lambda: 0.5, freeEnergy: 700, n: 60_000, delta: 0.025 }));
  expect(one!.zeroOne!.bound).toBeCloseTo((4 / Math.LN2) * one!.bound, 12);
  expect(withoutMixing(weights, { n: 60_000, lambdaFixed: true }).bound).toBeLessThan(one!.bound);
  // Each of four λ fixed beforehand has its own share of δ, as of δ_F.
  const fixed = withoutMixing(weights, { n: 60_000, lambdaFixed: true, compared: 4 });
  expect(fixed.bound).toBe(freeEnergyCatoni({ lambda: 0.5, freeEnergy: fixed.freeEnergyUpper, n: 60_000, delta: 0.025 / 4 }));
  expect(withoutMixing({ lambda: 1, logWeights: [-Infinity, NaN] }, { n: 100 }).bound).toBe(1);
});

it("withoutMixing() names what is wrong with its numbers", () => {
  expect(() => withoutMixing({ lambda: 0, logWeights: [-1] }, { n: 100 })).toThrow("lambda must be positive and finite, got 0");
  expect(() => withoutMixing({ lambda: 1, logWeights: [] }, { n: 100 })).toThrow("expected annealed weights, got none");
  expect(() => withoutMixing({ lambda: 1, logWeights: [0.1] }, { n: 100 })).toThrow("must be at most 0, got 0.1");
  expect(() => withoutMixing({ lambda: 1, logWeights: [-1] }, { n: 100, compared: 0 })).toThrow("compared must be a whole number of at least 1, got 0");
  expect(() => withoutMixing({ lambda: 1, logWeights: [-1] }, { n: 100, deltaEvidence: 1 })).toThrow("deltaEvidence must be in (0, 1), got 1");
  expect(() => withoutMixing({ lambda: 1, logWeights: [-1] }, { n: 5 })).toThrow("n must be a whole number of at least 8, got 5");
});
