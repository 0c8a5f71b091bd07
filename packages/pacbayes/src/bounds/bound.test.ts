import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binaryKlInverse } from "./binary-kl.ts";
import { complexity, type Bound, type Certificate } from "./bound.ts";
import { bestCatoni, catoni } from "./catoni.ts";
import { bestLambda, lambda } from "./lambda.ts";
import { maurer } from "./maurer.ts";
import { mcallester } from "./mcallester.ts";
import { quadratic } from "./quadratic.ts";
import { refinedTolstikhin } from "./refined-tolstikhin.ts";
import { tolstikhin } from "./tolstikhin.ts";

const bounds: { readonly [name: string]: Bound } = {
  maurer,
  mcallester,
  quadratic,
  tolstikhin,
  refinedTolstikhin,
  "lambda(0.7)": lambda(0.7),
  "catoni(0.7)": catoni(0.7),
};
const certificate = fc.record({
  empiricalRisk: fc.double({ min: 0, max: 1, noNaN: true }),
  kl: fc.double({ min: 0, max: 5000, noNaN: true }),
  n: fc.integer({ min: 8, max: 100_000 }),
  delta: fc.double({ min: 1e-6, max: 0.999, noNaN: true }),
});
/** Two evaluations of the same expression differ by rounding, and each is rounded outward. */
const ROUNDING = 1e-13;

/** By golden/pacbayes/bounds.py in 400 digits, rounded up to doubles, at most 1. */
const { bounds: golden } = JSON.parse(readFileSync(new URL("../../../../golden/pacbayes/bounds.json", import.meta.url), "utf8")) as {
  readonly bounds: readonly (Certificate & { readonly [bound: string]: number })[];
};

describe.each(Object.entries(bounds))("%s()", (name, bound) => {
  it(`${name}() is in [0, 1] and never below the empirical risk`, () => {
    fc.assert(fc.property(certificate, (c) => bound(c) <= 1 && bound(c) >= c.empiricalRisk - ROUNDING));
  });

  it(`${name}() increases in the risk and in the KL, and decreases in n and δ`, () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(certificate, share, (c, t) => {
        const here = bound(c);
        expect(bound({ ...c, empiricalRisk: c.empiricalRisk + t * (1 - c.empiricalRisk) })).toBeGreaterThanOrEqual(here - ROUNDING);
        expect(bound({ ...c, kl: c.kl * (1 + t) })).toBeGreaterThanOrEqual(here - ROUNDING);
        expect(bound({ ...c, n: Math.ceil(c.n * (1 + t)) })).toBeLessThanOrEqual(here + ROUNDING);
        expect(bound({ ...c, delta: c.delta + t * (0.999 - c.delta) })).toBeLessThanOrEqual(here + ROUNDING);
      }),
    );
  });

  it(`${name}() is rounded outward: never below its exact value, and within ${ROUNDING} of it`, () => {
    for (const { empiricalRisk, kl, n, delta, ...exact } of golden) {
      const [value, truth] = [bound({ empiricalRisk, kl, n, delta }), exact[name.replace("(0.7)", "")]!];
      expect(value, JSON.stringify({ empiricalRisk, kl, n, delta })).toBeGreaterThanOrEqual(truth);
      expect(value - truth).toBeLessThan(ROUNDING);
    }
  });

  it(`${name}() gives 1 for NaN and an infinite KL`, () => {
    const good = { empiricalRisk: 0.1, kl: 10, n: 1000, delta: 0.05 };
    expect(bound(good)).toBeLessThan(1);
    expect([bound({ ...good, empiricalRisk: NaN }), bound({ ...good, kl: NaN }), bound({ ...good, kl: Infinity })]).toEqual([1, 1, 1]);
  });

  it(`${name}() names what is wrong with a certificate`, () => {
    const good = { empiricalRisk: 0.1, kl: 10, n: 1000, delta: 0.05 };
    expect(() => bound({ ...good, delta: 1.2 })).toThrow("delta must be in (0, 1), got 1.2");
    expect(() => bound({ ...good, delta: NaN })).toThrow("delta must be in (0, 1), got NaN");
    expect(() => bound({ ...good, n: 7 })).toThrow("n must be a whole number of at least 8, got 7");
    expect(() => bound({ ...good, empiricalRisk: 1.5 })).toThrow("empiricalRisk must be in [0, 1], got 1.5");
    expect(() => bound({ ...good, kl: -1 })).toThrow("kl must be at least 0, got -1");
  });
});

it("complexity() is rounded up, and within rounding", () => {
  for (const { empiricalRisk, kl, n, delta, complexity: truth } of golden) {
    const value = complexity({ empiricalRisk, kl, n, delta });
    expect(value).toBeGreaterThanOrEqual(truth!);
    expect(value - truth!).toBeLessThan(ROUNDING * truth!);
  }
});

it("maurer() is never above its relaxations", () => {
  fc.assert(
    fc.property(certificate, fc.double({ min: 0.01, max: 1.99, noNaN: true }), (c, value) => {
      for (const relaxed of [mcallester, quadratic, tolstikhin, refinedTolstikhin, lambda(value)]) expect(maurer(c)).toBeLessThanOrEqual(relaxed(c) + ROUNDING);
      expect(refinedTolstikhin(c)).toBeLessThanOrEqual(Math.min(quadratic(c), tolstikhin(c)) + ROUNDING);
    }),
  );
});

it("quadratic() equals lambda() at bestLambda(), and r̂ + c + √(c (c + 2 r̂))", () => {
  fc.assert(
    fc.property(certificate, (k) => {
      const c = complexity(k);
      const moment = k.empiricalRisk + c + Math.sqrt(c * (c + 2 * k.empiricalRisk));
      expect(Math.abs(quadratic(k) - Math.min(1, moment))).toBeLessThan(1e-12);
      const best = bestLambda(k);
      if (best < 2) expect(Math.abs(lambda(best)(k) - quadratic(k))).toBeLessThan(1e-12);
    }),
  );
});

it("catoni() with the budget of maurer() is least at bestCatoni(), where it equals kl⁻¹(r̂, c)", () => {
  for (const [r, c] of [
    [0.02, 0.01],
    [0.1, 0.05],
    [0.4, 0.3],
  ] as const) {
    const p = binaryKlInverse(r, c);
    const value = (C: number) => Math.expm1(-C * r - c) / Math.expm1(-C);
    const best = bestCatoni(r, p);
    expect(Math.abs(value(best) - p)).toBeLessThan(1e-12);
    for (const nearby of [0.9, 1.1]) expect(value(best * nearby)).toBeGreaterThan(p);
  }
});

it("maurer() at no empirical risk is 1 − e^{−c}", () => {
  const c = { empiricalRisk: 0, kl: 12, n: 500, delta: 0.05 };
  expect(Math.abs(maurer(c) + Math.expm1(-complexity(c)))).toBeLessThan(1e-14);
});

it("maurer() reproduces a published certificate: risk 0.2253105728, bound 0.3761005413", () => {
  // Repository pacbayesgradients: n = 60 000, m = 5 000, δ = 0.01 in both steps; its column "KL" is KL/n. Its own printed values lie below.
  const empiricalRisk = binaryKlInverse(0.20627577, Math.log(2 / 0.01) / 5000);
  expect(Math.abs(empiricalRisk - 0.2253105728)).toBeLessThan(1e-10);
  expect(Math.abs(maurer({ empiricalRisk, kl: 0.0520754435 * 60_000, n: 60_000, delta: 0.01 }) - 0.3761005413)).toBeLessThan(1e-10);
  expect(Math.abs(maurer({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }) - 0.0296398699)).toBeLessThan(1e-10);
});

it("maurer() holds with probability 1 − δ on a finite class with known risks, and fails more often without its log term", () => {
  // Exact: two hypotheses with risks R₁, R₂ and independent errors; the sample is summarised by two binomial counts. ρ is the worst Gibbs posterior.
  const [n, delta, risks] = [20, 0.2, [0.3, 0.5]] as const;
  const choose = (k: number) => {
    let c = 1;
    for (let i = 0; i < k; i++) c = (c * (n - i)) / (i + 1);
    return c;
  };
  const mass = (k: number, p: number) => choose(k) * p ** k * (1 - p) ** (n - k);
  const failures = (bound: (r: number, kl: number) => number) => {
    let probability = 0;
    for (let a = 0; a <= n; a++)
      for (let b = 0; b <= n; b++) {
        const violated = [0, 0.5, 1, 2, 5, 20].some((beta) => {
          const weights = [Math.exp(-beta * a), Math.exp(-beta * b)],
            total = weights[0]! + weights[1]!;
          const rho = weights.map((w) => w / total);
          const kl = rho.reduce((s, p) => s + (p === 0 ? 0 : p * Math.log(2 * p)), 0);
          const [r, R] = [(rho[0]! * a + rho[1]! * b) / n, rho[0]! * risks[0] + rho[1]! * risks[1]];
          return R > bound(r, Math.max(0, kl));
        });
        if (violated) probability += mass(a, risks[0]) * mass(b, risks[1]);
      }
    return probability;
  };
  expect(failures((empiricalRisk, kl) => maurer({ empiricalRisk, kl, n, delta }))).toBeLessThan(delta);
  expect(failures((r, kl) => binaryKlInverse(r, kl / n))).toBeGreaterThan(delta);
});
