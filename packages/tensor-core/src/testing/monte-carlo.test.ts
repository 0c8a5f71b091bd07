import { describe, expect, it } from "vitest";
import { hostWords, key, type HostKey } from "../random/key.ts";
import { effectiveDraws, expectation } from "./monte-carlo.ts";

/** Independent uniforms in (−½, ½). */
function noise(n: number, seed = 0): number[] {
  return Array.from(hostWords(key(seed) as HostKey, n, 0), (word) => (word + 0.5) / 2 ** 32 - 0.5);
}

/** xₜ = φ xₜ₋₁ + εₜ: its draws are worth N (1 − φ)/(1 + φ). */
function autoregressive(phi: number, n: number, seed = 0): number[] {
  let x = 0;
  return noise(n, seed).map((e) => (x = phi * x + e));
}

describe("effectiveDraws()", () => {
  it("effectiveDraws() counts independent draws at nearly their number", () => {
    const ess = effectiveDraws(noise(20_000));
    expect(ess).toBeGreaterThan(18_000);
    expect(ess).toBeLessThanOrEqual(20_000);
  });

  for (const phi of [0.5, 0.9, 0.97]) {
    it(`effectiveDraws() of an autoregression with φ = ${phi} is N (1 − φ)/(1 + φ)`, () => {
      const n = 100_000;
      const exact = (n * (1 - phi)) / (1 + phi);
      // The relative error of the estimate, not derived: a few times (τ/N)^(1/2), τ = (1 + φ)/(1 − φ).
      expect(Math.abs(effectiveDraws(autoregressive(phi, n)) / exact - 1)).toBeLessThan(8 * Math.sqrt((1 + phi) / (1 - phi) / n));
    });
  }

  it("effectiveDraws() adds up over chains that agree and collapses for chains that do not", () => {
    const chains = [noise(2000, 1), noise(2000, 2)];
    expect(effectiveDraws(chains)).toBeGreaterThan(3000);
    expect(effectiveDraws(chains.map((chain, i) => chain.map((x) => x + 3 * i)))).toBeLessThan(20);
  });

  it("effectiveDraws() of draws that never move is 0, and of a NaN too", () => {
    expect(effectiveDraws([1, 1, 1, 1, 1])).toBe(0);
    expect(effectiveDraws([1, 2, NaN, 1, 3])).toBe(0);
  });

  it("effectiveDraws() refuses too few draws and ragged chains", () => {
    expect(() => effectiveDraws([1, 2, 3])).toThrow("at least 4, got 3");
    expect(() =>
      effectiveDraws([
        [1, 2, 3, 4],
        [1, 2, 3],
      ]),
    ).toThrow("got 4, 3");
    expect(() => effectiveDraws([])).toThrow("got none");
  });
});

describe("expectation()", () => {
  it("expectation() accepts the truth and returns the estimate", () => {
    const { mean, error, ess } = expectation(noise(10_000), 0, { ess: 5000 });
    expect(Math.abs(mean)).toBeLessThan(5 * error);
    expect(error * Math.sqrt(ess)).toBeCloseTo(Math.sqrt(1 / 12), 2);
  });

  it("expectation() refuses a mean that is six standard errors off, and says the numbers", () => {
    const draws = noise(10_000);
    const { mean, error } = expectation(draws, 0, { ess: 5000 });
    expect(() => expectation(draws, mean + 4.9 * error, { ess: 5000 })).not.toThrow();
    expect(() => expectation(draws, mean + 6 * error, { ess: 5000 })).toThrow(/got -?\d.* ± \d.*: 6\.0 standard errors off, with \d+ effective draws/);
  });

  it("expectation() refuses draws that are worth too little before it looks at their mean", () => {
    expect(() => expectation(autoregressive(0.99, 1000), 1e9, { ess: 400 })).toThrow(/at least 400 effective draws, got \d/);
    expect(() => expectation([NaN, 1, 2, 3, 4], 0, { ess: 1 })).toThrow("got 0.0");
  });
});
