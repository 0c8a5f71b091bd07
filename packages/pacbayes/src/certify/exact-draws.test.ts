import fc from "fast-check";
import { expect, it } from "vitest";
import { binaryKlInverse } from "../bounds/binary-kl.ts";
import { freeEnergyBound } from "../bounds/free-energy.ts";
import { maurer } from "../bounds/maurer.ts";
import { exactDraws, exactPosterior, type RungDraws } from "./exact-draws.ts";

/** A class of two hypotheses with uniform prior: every risk and KL of the Gibbs family in closed form. */
function twoPoints(n: number, risks: readonly [number, number]) {
  const at = (lambda: number) => {
    const tilt = 1 / (1 + Math.exp(lambda * n * (risks[0] - risks[1])));
    const kl = [tilt, 1 - tilt].reduce((s, p) => s + (p === 0 ? 0 : p * Math.log(2 * p)), 0);
    return { rho: tilt, risk: tilt * risks[0] + (1 - tilt) * risks[1], kl };
  };
  return at;
}

it("exactDraws() with endless draws comes down to the point value with the left sum, and stays above maurer() at the exact KL", () => {
  const n = 50;
  const at = twoPoints(n, [0.2, 0.4]);
  const lambdas = Array.from({ length: 401 }, (_, i) => (2 * i) / 400);
  const certificates = exactDraws(
    lambdas.map((lambda) => ({ lambda, risk: at(lambda).risk, draws: 1e12 })),
    { n },
  );
  for (const { lambda, bound } of certificates) {
    const exact = maurer({ empiricalRisk: at(lambda).risk, kl: at(lambda).kl, n, delta: 0.025 });
    expect(bound).toBeGreaterThan(exact);
    expect(bound - exact).toBeLessThan(0.01);
  }
});

it("exactDraws() is never above the free-energy form at F_up, never below the point value at the means, and decreases with more draws", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), { minLength: 2, maxLength: 8 }),
      fc.integer({ min: 100, max: 5000 }),
      fc.integer({ min: 50, max: 5000 }),
      (risks, n, draws) => {
        const falling = risks.toSorted((a, b) => b - a);
        const ladder: RungDraws[] = falling.map((risk, i) => ({ lambda: i * 0.05, risk, risk01: risk, draws }));
        const more = exactDraws(
          ladder.map((rung) => ({ ...rung, draws: 4 * draws })),
          { n },
        );
        let left = 0;
        exactDraws(ladder, { n }).forEach((certificate, i) => {
          left += 0.05 * n * falling[i]!;
          if (certificate.contradiction) return expect([certificate.bound, certificate.zeroOne!.bound]).toEqual([1, 1]);
          expect(certificate.bound).toBeLessThanOrEqual(
            freeEnergyBound({ lambda: certificate.lambda, freeEnergy: certificate.freeEnergyUpper, n, delta: 0.025 }),
          );
          const kl = left - certificate.lambda * n * falling[i + 1]!;
          expect(certificate.bound).toBeGreaterThanOrEqual(maurer({ empiricalRisk: falling[i + 1]!, kl: Math.max(0, kl), n, delta: 0.025 }) - 1e-12);
          expect(certificate.zeroOne!.bound).toBeGreaterThanOrEqual(certificate.zeroOne!.risk.high);
          expect(more[i]!.bound).toBeLessThanOrEqual(certificate.bound + 1e-12);
        });
      },
    ),
  );
});

it.each([
  ["at its upper end", 60, 60],
  ["inside it, where both ends give less", 5000, 90],
] as const)("exactDraws() takes the greatest bound among the risks of the interval, here %s", (_, draws, last) => {
  const n = 2000;
  const ladder = [
    { lambda: 0, risk: 0.6, draws },
    { lambda: 0.05, risk: 0.4, draws },
    { lambda: 0.2, risk: 0.3, draws: last },
  ];
  const { risk, freeEnergyUpper, bound, lambda } = exactDraws(ladder, { n }).at(-1)!;
  const budget = (r: number) => (freeEnergyUpper - lambda * n * r + Math.log((2 * Math.sqrt(n)) / 0.025)) / n;
  // A budget below 0 would need a KL below 0.
  const possible = Array.from({ length: 2001 }, (_, i) => risk.low + ((risk.high - risk.low) * i) / 2000).filter((r) => budget(r) >= 0);
  const grid = possible.map((r) => binaryKlInverse(r, budget(r)));
  const greatest = Math.max(...grid);
  expect(bound).toBeGreaterThanOrEqual(greatest);
  expect(bound - greatest).toBeLessThan(1e-6);
  expect(greatest - grid[0]!).toBeGreaterThan(1e-3);
  expect(greatest - grid.at(-1)! > 1e-4).toBe(last === 90);
});

it("exactDraws() shares δ_r among the rungs and the losses, and δ_F among the intervals", () => {
  const n = 1000;
  const [first, second] = exactDraws(
    [
      { lambda: 0, risk: 0.5, risk01: 0.6, draws: 100 },
      { lambda: 0.1, risk: 0.4, risk01: 0.5, draws: 200 },
      { lambda: 0.3, risk: 0.3, risk01: 0.3, draws: 300 },
    ],
    { n, deltaRisk: 0.02, deltaEvidence: 0.03 },
  );
  expect(second!.risk.high).toBe(binaryKlInverse(0.3, Math.log(2 / (0.02 / 4)) / 300));
  expect(first!.zeroOne!.risk.high).toBe(binaryKlInverse(0.5, Math.log(2 / (0.02 / 4)) / 200));
  expect(first!.freeEnergyUpper).toBeCloseTo(0.1 * n * binaryKlInverse(0.5, Math.log(2 / 0.03) / 100), 10);
  expect(second!.freeEnergyUpper).toBeCloseTo(first!.freeEnergyUpper + 0.2 * n * binaryKlInverse(0.4, Math.log(2 / 0.03) / 200), 10);
  expect(second!.zeroOne!.bound).toBe(maurer({ empiricalRisk: second!.zeroOne!.risk.high, kl: second!.klUpper, n, delta: 0.025 }));
  // The upper KL goes with the lower risk.
  expect(second!.klUpper).toBeCloseTo(second!.freeEnergyUpper - 0.3 * n * second!.risk.low, 10);
  expect([second!.method, second!.compared, second!.rungs]).toEqual(["exact-draws", 2, 2]);
  expect(second!.confidence).toBeCloseTo(1 - 0.025 - 0.05, 12);
});

it("exactDraws() covers: with exact draws of a known problem it fails no more often than δ + δ_r + δ_F, and a certificate without the intervals fails more", () => {
  // Two hypotheses that err independently with known rates; draws from the Gibbs posterior are Bernoulli. Failures are counted over the sample and the draws.
  const [n, m, rates] = [100, 8, [0.35, 0.5]] as const;
  let seed = 12345;
  const random = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), seed / 2 ** 32);
  const count = (p: number, times: number) => {
    let s = 0;
    for (let i = 0; i < times; i++) if (random() < p) s++;
    return s;
  };
  const lambdas = [0, 0.02, 0.06, 0.15, 0.4];
  const trials = 2000;
  let [failures, bare] = [0, 0];
  for (let t = 0; t < trials; t++) {
    const risks = [count(rates[0], n) / n, count(rates[1], n) / n] as const;
    const at = twoPoints(n, risks);
    const ladder = lambdas.map((lambda) => {
      const ones = count(at(lambda).rho, m);
      return { lambda, risk: (ones * risks[0] + (m - ones) * risks[1]) / m, draws: m };
    });
    const truth = (lambda: number) => at(lambda).rho * rates[0] + (1 - at(lambda).rho) * rates[1];
    if (exactDraws(ladder, { n, delta: 0.1, deltaRisk: 0.05, deltaEvidence: 0.05 }).some(({ lambda, bound }) => truth(lambda) > bound)) failures++;
    if (ladder.some(({ lambda, risk }) => truth(lambda) > risk)) bare++;
  }
  // Binomial: 0.2 · 2000 = 400 expected at most, and five standard errors of √(2000 · 0.2 · 0.8) = 18.
  expect(failures).toBeLessThan(400 + 5 * 18);
  expect(bare).toBeGreaterThan(1000);
});

it("exactDraws() calls contradictory intervals a contradiction, with bound 1, and NaN too", () => {
  const rising = exactDraws(
    [
      { lambda: 0, risk: 0.1, draws: 1e6 },
      { lambda: 1, risk: 0.9, risk01: 0.2, draws: 1e6 },
    ],
    { n: 1000 },
  )[0]!;
  expect([rising.contradiction, rising.bound, rising.zeroOne!.bound, rising.klUpper]).toEqual([true, 1, 1, Infinity]);
  const broken = exactDraws(
    [
      { lambda: 0, risk: NaN, draws: 10 },
      { lambda: 1, risk: NaN, draws: 10 },
    ],
    { n: 1000 },
  )[0]!;
  expect(broken.bound).toBe(1);
});

it("exactPosterior() reproduces a published certificate: risk 0.2253105728, bound 0.3761005413", () => {
  // Repository pacbayesgradients, as in the tests of maurer().
  const { risk, bound, assumption } = exactPosterior({ risk: 0.20627577, kl: 0.0520754435 * 60_000, draws: 5000 }, { n: 60_000, delta: 0.01, deltaRisk: 0.01 });
  expect(Math.abs(risk.high - 0.2253105728)).toBeLessThan(1e-10);
  expect(Math.abs(bound - 0.3761005413)).toBeLessThan(1e-10);
  expect(assumption).toMatch(/^None/);
});

it("certificates name what is wrong with their numbers", () => {
  const good = [
    { lambda: 0, risk: 0.5, draws: 10 },
    { lambda: 1, risk: 0.4, draws: 10 },
  ];
  expect(() => exactDraws(good, { n: 100, delta: 1.2 })).toThrow("Cannot certify a posterior: delta must be in (0, 1), got 1.2");
  expect(() => exactDraws(good, { n: 100, deltaEvidence: 0 })).toThrow("deltaEvidence must be in (0, 1), got 0");
  expect(() => exactDraws(good, { n: 100, delta: 0.5, deltaRisk: 0.4, deltaEvidence: 0.2 })).toThrow("must be below 1, got 1.1");
  expect(() => exactDraws(good, { n: 7 })).toThrow("n must be a whole number of at least 8, got 7");
  expect(() => exactDraws([], { n: 100 })).toThrow("first lambda to be 0, got an empty ladder");
  expect(() => exactDraws(good.toReversed(), { n: 100 })).toThrow("first lambda to be 0, got 1");
  expect(() => exactDraws([good[0]!, { ...good[1]!, risk: 1.5 }], { n: 100 })).toThrow("must be in [0, 1], got 1.5");
  expect(() => exactDraws([good[0]!, { ...good[1]!, draws: 0 }], { n: 100 })).toThrow("draws must be a whole number of at least 1, got 0");
  expect(() => exactPosterior({ risk: 0.1, kl: -1, draws: 10 }, { n: 100 })).toThrow("kl must be at least 0, got -1");
});
