import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { autocorrelation } from "./autocorrelation.ts";
import { effectiveSampleSize } from "./effective-sample-size.ts";
import { monteCarloError } from "./monte-carlo-error.ts";
import { rHat } from "./r-hat.ts";
import { summaries, summary } from "./summary.ts";
import { transitionReport } from "./transition-report.ts";

type Case = { readonly draws: readonly number[][] };
const { cases } = JSON.parse(readFileSync(new URL("../../../../golden/pacbayes/diagnostics.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Case[];
};

it("summary() holds the mean, the sample sd and type-7 quantiles of all draws, and ArviZ's errors and sizes as their own functions give them", () => {
  for (const { draws } of cases) {
    const [all, found] = [draws.flat().sort((a, b) => a - b), summary(draws)];
    const mean = all.reduce((s, x) => s + x, 0) / all.length;
    expect(found.mean).toBeCloseTo(mean, 10);
    expect(found.sd).toBeCloseTo(Math.sqrt(all.reduce((s, x) => s + (x - mean) ** 2, 0) / (all.length - 1)), 10);
    const place = 0.95 * (all.length - 1);
    const below = Math.floor(place);
    expect(found.quantiles[2]).toBeCloseTo(all[below]! + (place - below) * (all[below + 1]! - all[below]!), 10);
    expect(found.quantiles[0]).toBeLessThan(found.quantiles[1]);
    expect([found.errorMean, found.errorSd, found.errorQuantiles[0]]).toEqual([
      monteCarloError(draws),
      monteCarloError(draws, { of: "sd" }),
      monteCarloError(draws, { of: { quantile: 0.05 } }),
    ]);
    expect([found.bulk, found.tail, found.rHat]).toEqual([effectiveSampleSize(draws), effectiveSampleSize(draws, { of: "tail" }), rHat(draws)]);
  }
});

it("summary() warns of chains apart, of too few effective draws, of one chain and of NaN, and of nothing where all is well", () => {
  const wave = (shift: number, length = 800): number[] => Array.from({ length }, (_, i) => Math.sin(i * i + shift));
  expect(summary([wave(0), wave(1)]).warnings).toEqual([]);
  expect(summary([wave(0), wave(1).map((x) => x + 3)]).warnings.join()).toMatch(/^R̂ is \d\.\d{3}, not below 1\.01/);
  expect(summary([wave(0, 50), wave(1, 50)]).warnings.join()).toContain("below 400");
  expect(summary([wave(0)]).warnings).toEqual(["One chain only: R̂ is not defined"]);
  expect(summary([wave(0, 1000).fill(1), wave(0, 1000).fill(1)]).warnings.join()).toContain("R̂ is NaN");
  const broken = summary([[1, NaN, 2, 3]]);
  expect([broken.mean, broken.sd, broken.errorMean, broken.quantiles[1], broken.errorQuantiles[1]]).toEqual([NaN, NaN, NaN, NaN, NaN]);
  expect(broken.warnings).toEqual(["Some draws are not finite"]);
  expect(summaries({ energy: [wave(0), wave(1)] })["energy"]).toEqual(summary([wave(0), wave(1)]));
  expect(() => summary([[1, 2, 3]])).toThrow("expected chains of at least 4 draws, got 1 of 3");
});

it("autocorrelation() is the sum over pairs, divided by that at lag 0, and that of an AR(1) chain falls as a^t", () => {
  const chain = [3, 1, 4, 1, 5, 9, 2, 6];
  const mean = 31 / 8;
  const exact = (t: number): number => chain.slice(t).reduce((s, x, i) => s + (x - mean) * (chain[i]! - mean), 0);
  autocorrelation(chain).forEach((rho, t) => expect(rho).toBeCloseTo(exact(t) / exact(0), 12));
  expect(autocorrelation(chain)).toHaveLength(8);
  expect(autocorrelation([2, 2, 2])[0]).toBeNaN();
  expect(() => autocorrelation(chain, { lags: 9 })).toThrow("lags must be a whole number in [1, 8], got 9");
});

it("transitionReport() counts divergences, NaN among them, and warns of a low E-BFMI and of no acceptance", () => {
  const slow = Array.from({ length: 100 }, (_, i) => i);
  const still = Array.from({ length: 100 }, () => 0);
  const report = transitionReport({ divergent: [still.map((_, i) => (i === 3 ? 1 : i === 5 ? NaN : 0))], acceptance: [still], hamiltonian: [slow] });
  expect(report.divergences).toBe(2);
  expect(report.warnings).toEqual(["2 divergent transitions", "No proposal was accepted", "E-BFMI is 0.00, below 0.3"]);
  expect(transitionReport({ divergent: [still], acceptance: [still.map(() => 0.8)], hamiltonian: [slow.map((i) => i % 3)] }).warnings).toEqual([]);
});
