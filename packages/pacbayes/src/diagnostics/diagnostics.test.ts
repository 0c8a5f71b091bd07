import { readFileSync } from "node:fs";
import ndarray from "ndarray";
import { describe, expect, it } from "vitest";
import { chains, type Draws } from "./draws.ts";
import { effectiveSampleSize } from "./effective-sample-size.ts";
import { energyFraction } from "./energy.ts";
import { monteCarloError } from "./monte-carlo-error.ts";
import { rHat } from "./r-hat.ts";

type Case = { readonly name: string; readonly draws: Draws; readonly energy: readonly number[] } & { readonly [value: string]: number };
const { cases } = JSON.parse(readFileSync(new URL("../../../../golden/pacbayes/diagnostics.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Case[];
};

/** Both sides are float64 sums of a few hundred terms; the normal quantiles agree to about 1e-14. */
const close = (value: number, golden: number): void => expect(Math.abs(value - golden)).toBeLessThanOrEqual(1e-10 * Math.abs(golden));

describe.each(cases.map((golden) => [golden.name, golden] as const))("on %s draws", (name, golden) => {
  it(`rHat() is ArviZ's on ${name} draws`, () => close(rHat(golden.draws), golden["rHat"]!));

  it(`effectiveSampleSize() is ArviZ's on ${name} draws`, () => {
    close(effectiveSampleSize(golden.draws), golden["bulk"]!);
    close(effectiveSampleSize(golden.draws, { of: "tail" }), golden["tail"]!);
    close(effectiveSampleSize(golden.draws, { of: "mean" }), golden["mean"]!);
    close(effectiveSampleSize(golden.draws, { of: { quantile: 0.3 } }), golden["quantile0.3"]!);
  });

  it(`monteCarloError() is ArviZ's on ${name} draws`, () => {
    close(monteCarloError(golden.draws), golden["errorMean"]!);
    close(monteCarloError(golden.draws, { of: "sd" }), golden["errorSd"]!);
    close(monteCarloError(golden.draws, { of: { quantile: 0.3 } }), golden["errorQuantile0.3"]!);
  });

  it(`energyFraction() is ArviZ's on ${name} draws`, () => energyFraction(golden.draws).forEach((value, i) => close(value, golden.energy[i]!)));
});

it("effectiveSampleSize() tells a correlated chain from an independent one, which the number of draws does not", () => {
  const [independent, correlated] = [cases[0]!, cases[1]!].map(({ draws }) => effectiveSampleSize(draws) / (draws.length * draws[0]!.length));
  expect(independent).toBeGreaterThan(0.7);
  expect(correlated).toBeLessThan(0.3);
});

it("rHat() sees a chain apart and a chain wider than the others", () => {
  expect(rHat(cases[3]!.draws)).toBeGreaterThan(1.05);
  expect(rHat(cases[4]!.draws)).toBeGreaterThan(1.05);
});

it("every diagnostic is NaN for a NaN draw, and effectiveSampleSize() of a constant is the number of draws", () => {
  const broken = [
    [1, 2, NaN, 4],
    [1, 2, 3, 4],
  ];
  expect([rHat(broken), effectiveSampleSize(broken), monteCarloError(broken), ...energyFraction(broken)]).toEqual([NaN, NaN, NaN, NaN, NaN]);
  expect(
    effectiveSampleSize([
      [2, 2, 2, 2],
      [2, 2, 2, 2],
    ]),
  ).toBe(8);
});

it("diagnostics name what is wrong with the chains", () => {
  expect(() => rHat([[1, 2, 3, 4]])).toThrow("expected at least 2 chains, got 1");
  expect(() => effectiveSampleSize([[1, 2, 3]])).toThrow("expected chains of at least 4 draws, got 1 of 3");
  expect(() =>
    monteCarloError([
      [1, 2, 3, 4],
      [1, 2, 3, 4, 5],
    ]),
  ).toThrow("expected chains of equal length, got 4 and 5 draws");
  expect(() => effectiveSampleSize([[1, 2, 3, 4]], { of: { quantile: 1 } })).toThrow("a quantile must be in (0, 1), got 1");
  expect(() => chains(ndarray(new Float32Array(3)))).toThrow("expected an array [draw, chain], got one of shape [3]");
});
