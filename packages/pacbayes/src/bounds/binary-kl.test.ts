import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { binaryKl, binaryKlInverse, binaryKlInverseLower } from "./binary-kl.ts";

const probability = fc.double({ min: 0, max: 1, noNaN: true });
const budget = fc.double({ min: 1e-9, max: 5, noNaN: true });

it("binaryKl() is nonnegative, zero on the diagonal and infinite against certainty", () => {
  fc.assert(fc.property(probability, probability, (q, p) => binaryKl(q, p) >= 0));
  for (const q of [0, 1e-300, 0.3, 1 - 2 ** -53, 1]) expect(binaryKl(q, q)).toBe(0);
  expect([binaryKl(0.5, 0), binaryKl(0.5, 1), binaryKl(0, 1), binaryKl(1, 0)]).toEqual([Infinity, Infinity, Infinity, Infinity]);
});

/** By golden/pacbayes/bounds.py in 400 digits, ends rounded outward to doubles. */
const golden = JSON.parse(readFileSync(new URL("../../../../golden/pacbayes/bounds.json", import.meta.url), "utf8")) as {
  readonly kl: readonly { readonly q: number; readonly p: number; readonly value: number }[];
  readonly inverses: readonly { readonly q: number; readonly c: number; readonly upper: number; readonly lower: number }[];
};

it("binaryKl() is right within sixteen roundings from q = 1e-300 to 1 − 1e-10, near and far from q: what its inverses allow for", () => {
  for (const { q, p, value } of golden.kl) expect(Math.abs(binaryKl(q, p) - value), `kl(${q} ‖ ${p})`).toBeLessThan(16 * Number.EPSILON * value);
});

it("binaryKlInverse() and binaryKlInverseLower() never come within the exact inverses, and leave them by less than 1e-12", () => {
  for (const { q, c, upper, lower } of golden.inverses) {
    const [above, below] = [binaryKlInverse(q, c), binaryKlInverseLower(q, c)];
    expect(above, `kl⁻¹(${q}, ${c})`).toBeGreaterThanOrEqual(upper);
    expect(above - upper).toBeLessThan(1e-12);
    expect(below, `kl₋⁻¹(${q}, ${c})`).toBeLessThanOrEqual(lower);
    expect(lower - below).toBeLessThan(1e-12);
  }
});

it("binaryKl() keeps its digits where p is close to q: kl(q ‖ q + d) = d²/(2 q (1 − q)) + O(d³)", () => {
  const [q, d] = [0.25, 2 ** -30];
  // The next term is d³ (1/(3 q²) − 1/(3 (1 − q)²)) / …, below d relative to the first.
  expect(binaryKl(q, q + d) / (d ** 2 / (2 * q * (1 - q))) - 1).toBeLessThan(8 * d);
});

it.each([
  [0, 0.01, 0.009950166251, 0],
  [0.02, 0.05, 0.098572167737, 0.00062916509],
  [0.5, 0.5, 0.89753004881, 0.10246995119],
])("binaryKlInverse(%d, %d) is %d, and binaryKlInverseLower() %d, to twelve digits", (q, c, upper, lower) => {
  expect(Math.abs(binaryKlInverse(q, c) - upper)).toBeLessThan(1e-12);
  expect(Math.abs(binaryKlInverseLower(q, c) - lower)).toBeLessThan(1e-12);
});

it("binaryKlInverse() is from outside and within 1e-12: kl ≥ c at the value, kl < c just inside it", () => {
  fc.assert(
    fc.property(probability, budget, (q, c) => {
      const [upper, lower] = [binaryKlInverse(q, c), binaryKlInverseLower(q, c)];
      expect(upper).toBeGreaterThanOrEqual(q);
      expect(lower).toBeLessThanOrEqual(q);
      if (upper < 1) expect(binaryKl(q, upper)).toBeGreaterThanOrEqual(c * (1 - 1e-15));
      if (lower > 0) expect(binaryKl(q, lower)).toBeGreaterThanOrEqual(c * (1 - 1e-15));
      if (upper - 1e-12 > q) expect(binaryKl(q, upper - 1e-12)).toBeLessThan(c);
      if (lower + 1e-12 < q) expect(binaryKl(q, lower + 1e-12)).toBeLessThan(c);
    }),
  );
});

it("binaryKlInverse() mirrors binaryKlInverseLower(): kl⁻¹(1 − q, c) = 1 − kl₋⁻¹(q, c)", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      budget,
      (q, c) => Math.abs(binaryKlInverse(1 - q, c) + binaryKlInverseLower(q, c) - 1) < 1e-12,
    ),
  );
});

it("binaryKlInverse() gives the safe end for NaN and an infinite budget, and refuses the rest", () => {
  expect([binaryKlInverse(NaN, 0.1), binaryKlInverse(0.1, NaN), binaryKlInverse(0.1, Infinity), binaryKlInverse(1, 0)]).toEqual([1, 1, 1, 1]);
  expect([binaryKlInverseLower(NaN, 0.1), binaryKlInverseLower(0.1, NaN), binaryKlInverseLower(0.1, Infinity)]).toEqual([0, 0, 0]);
  expect(binaryKlInverse(0.3, 0)).toBeCloseTo(0.3, 12);
  expect(() => binaryKlInverse(1.2, 0.1)).toThrow("q must be in [0, 1], got 1.2");
  expect(() => binaryKlInverse(0.1, -1)).toThrow("c must be at least 0, got -1");
});
