import fc from "fast-check";
import { expect, it } from "vitest";
import { binaryKlInverse } from "./binary-kl.ts";
import { maurer } from "./maurer.ts";
import { recursiveBounds } from "./recursive.ts";
import { splitKl } from "./split-kl.ts";

const probability = fc.double({ min: 0, max: 1, noNaN: true });

it("splitKl() of a loss with the values 0 and 1 is maurer()", () => {
  fc.assert(
    fc.property(probability, fc.double({ min: 0, max: 100, noNaN: true }), fc.integer({ min: 8, max: 10_000 }), (share, kl, n) => {
      expect(splitKl({ values: [0, 1], shares: [share], kl, n, delta: 0.05 })).toBeCloseTo(maurer({ empiricalRisk: share, kl, n, delta: 0.05 }), 12);
    }),
  );
});

it("splitKl() is the sum of its parts at δ/K, never below the empirical mean, and increases in the KL", () => {
  const budget = (kl: number): number => (kl + Math.log((2 * 2 * Math.sqrt(500)) / 0.1)) / 500;
  const exact = -1 + binaryKlInverse(0.7, budget(9)) + 3 * binaryKlInverse(0.2, budget(9));
  expect(splitKl({ values: [-1, 0, 3], shares: [0.7, 0.2], kl: 9, n: 500, delta: 0.1 })).toBeCloseTo(exact, 12);
  fc.assert(
    fc.property(probability, probability, probability, (a, b, t) => {
      const at = (kl: number): number => splitKl({ values: [-0.5, 0, 1], shares: [Math.max(a, b), Math.min(a, b)], kl, n: 200, delta: 0.1 });
      expect(at(50 * t)).toBeGreaterThanOrEqual(-0.5 + 0.5 * Math.max(a, b) + Math.min(a, b));
      expect(at(60 * t)).toBeGreaterThanOrEqual(at(50 * t) - 1e-13);
    }),
  );
  expect(splitKl({ values: [-1, 1], shares: [NaN], kl: 1, n: 100, delta: 0.1 })).toBe(1);
});

it("recursiveBounds() is its formula: every stage at δ/T, γ of the bound before", () => {
  const [n, delta] = [1000, 0.03];
  const first = { empiricalRisk: 0.3, kl: 20, n };
  const stages = [0.5, 0.25].map((gamma) => ({ gamma, shares: [0.9, 0.2, 0.05] as const, kl: 10, n: 500 }));
  const [one, two, three] = recursiveBounds(first, stages, { delta });
  expect(one).toBeCloseTo(binaryKlInverse(0.3, (20 + Math.log((2 * 3 * Math.sqrt(n)) / delta)) / n), 12);
  // ln(2 K T √n/δ) with K = 3 and T = 3.
  const up = (share: number): number => binaryKlInverse(share, (10 + Math.log((18 * Math.sqrt(500)) / delta)) / 500);
  const excess = (gamma: number): number => -gamma + gamma * up(0.9) + (1 - 2 * gamma + gamma) * up(0.2) + gamma * up(0.05);
  expect(two).toBeCloseTo(excess(0.5) + 0.5 * one!, 12);
  expect(three).toBeCloseTo(excess(0.25) + 0.25 * two!, 12);
});

it("recursiveBounds() covers: two stages on a finite class with known risks fail no more often than δ, and a first bound reused without γ would fail more", () => {
  let seed = 5;
  const random = (): number => {
    seed = (seed + 0x9e3779b9) >>> 0;
    let z = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
  // Two hypotheses that err independently; posteriors put all their mass on the better one of what they have seen.
  const [rates, n, trials, delta, gamma] = [[0.3, 0.34], 60, 3000, 0.3, 0.5] as const;
  let [failures, bare] = [0, 0];
  for (let t = 0; t < trials; t++) {
    const errors = Array.from({ length: n }, () => rates.map((rate) => (random() < rate ? 1 : 0)));
    const half = n / 2;
    const total = (h: number, from: number): number => errors.slice(from).reduce((s, row) => s + row[h]!, 0);
    const earlier = total(0, 0) - total(0, half) <= total(1, 0) - total(1, half) ? 0 : 1;
    const later = total(0, 0) <= total(1, 0) ? 0 : 1;
    // π₁ = (0.9, 0.1) around the earlier choice is the prior of the second stage; π₂ is certain. The first stage is certified on its own data, the prior being uniform.
    const weight = (h: number): number => (h === earlier ? 0.9 : 0.1);
    const kl1 = 0.9 * Math.log(1.8) + 0.1 * Math.log(0.2);
    const risk1 = [0, 1].reduce((s, h) => s + (weight(h) * total(h, 0)) / n, 0);
    const share = (least: number): number =>
      errors.slice(half).reduce((s, row) => s + [0, 1].reduce((u, h) => u + (row[later]! - gamma * row[h]! >= least - 1e-12 ? weight(h) : 0), 0), 0) / half;
    const shares = [share(0), share(1 - gamma), share(1)] as const;
    const [, bound] = recursiveBounds({ empiricalRisk: risk1, kl: kl1, n }, [{ gamma, shares, kl: -Math.log(weight(later)), n: half }], { delta });
    if (rates[later]! > bound!) failures++;
    if (rates[later]! > total(later, 0) / n) bare++;
  }
  expect(failures).toBeLessThan(trials * delta);
  expect(bare).toBeGreaterThan(trials * delta);
});

it("recursiveBounds() and splitKl() give the greatest value for NaN, and name what makes no sense", () => {
  const first = { empiricalRisk: 0.3, kl: 20, n: 1000 };
  const stage = { gamma: 0.5, shares: [0.9, 0.2, 0.05] as const, kl: 10, n: 500 };
  expect(recursiveBounds(first, [{ ...stage, kl: NaN }], { delta: 0.05 })[1]).toBe(1);
  expect(() => recursiveBounds(first, [{ ...stage, gamma: 1 }], { delta: 0.05 })).toThrow("gamma must be in (0, 1), got 1");
  expect(() => recursiveBounds(first, [{ ...stage, shares: [0.1, 0.2, 0] }], { delta: 0.05 })).toThrow("shares that do not increase, got 0.1, 0.2, 0");
  expect(() => recursiveBounds(first, [stage], { delta: 1.5 })).toThrow("delta must be in (0, 1), got 1.5");
  expect(() => recursiveBounds(first, [{ ...stage, n: 4 }], { delta: 0.05 })).toThrow("n must be a whole number of at least 8, got 4");
  expect(() => splitKl({ values: [0, 0], shares: [0.1], kl: 1, n: 100, delta: 0.1 })).toThrow("expected values to increase, got 0, 0");
  expect(() => splitKl({ values: [0, 1], shares: [], kl: 1, n: 100, delta: 0.1 })).toThrow("got 0 for 2 values");
});
