import { readFileSync } from "node:fs";
import { expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { acceptanceRatio } from "./acceptance-ratio.ts";
import { annealedEvidence } from "./annealed-evidence.ts";
import { batchMeans } from "./batch-means.ts";
import { pathSum } from "./path-sum.ts";
import { steppingStone } from "./stepping-stone.ts";
import { thermodynamic } from "./thermodynamic.ts";

const {
  logZ,
  kl,
  ladder: known,
} = JSON.parse(readFileSync(new URL("../../../../golden/pacbayes/radiata-pine.json", import.meta.url), "utf8")) as {
  readonly logZ: number;
  readonly kl: number;
  readonly ladder: readonly { readonly t: number; readonly logZ: number; readonly energy: number }[];
};

/** The 42 rows of golden/pacbayes/radiata-pine.py. */
const rows = `3040 29.2;2470 24.7;3610 32.3;3480 31.3;3810 31.5;2330 24.5;1800 19.9;3110 27.3;3670 32.3;2310 24.0;4360 33.8;1880 21.5;3670 32.2;1740 22.5;
2250 27.5;2650 25.6;4970 34.5;2620 26.2;2900 26.7;1670 21.1;2540 24.1;3840 30.7;3800 32.7;4600 32.6;1900 22.1;2530 25.3;2920 30.8;4990 38.9;
1670 22.1;3310 29.2;3450 30.1;3600 31.4;2850 26.7;1590 22.1;3770 30.3;3850 32.0;2480 23.2;3570 30.3;2620 29.9;1890 20.8;3030 33.2;3030 28.2`
  .split(";")
  .map((row) => row.trim().split(" ").map(Number) as [number, number]);
const sum = (of: (y: number, x: number) => number): number => rows.reduce((s, [y, x]) => s + of(y, x), 0);
const n = rows.length;
const centre = sum((_, x) => x) / n;
const [sy, syy, sxx, sxy] = [sum((y) => y), sum((y) => y * y), sum((_, x) => (x - centre) ** 2), sum((y, x) => y * (x - centre))];

let state = 17;
function random(): number {
  state = (state + 0x9e3779b9) >>> 0;
  let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (((z ^ (z >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

/** Gamma of shape a ≥ 1 and rate 1, by rejection from a cubed normal. */
function gamma(a: number): number {
  const d = a - 1 / 3;
  for (;;) {
    const z = normal();
    const v = (1 + z / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(random()) < (z * z) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** U = −ln L of an exact draw from the power posterior ∝ Lᵗ · prior. */
function energy(t: number): number {
  const [m0, m1] = [t * n + 0.06, t * sxx + 6];
  const [v0, v1] = [(t * sy + 0.06 * 3000) / m0, (t * sxy + 6 * 185) / m1];
  const rate = 180_000 + (t * syy + 0.06 * 3000 ** 2 + 6 * 185 ** 2 - m0 * v0 * v0 - m1 * v1 * v1) / 2;
  const tau = gamma(3 + (t * n) / 2) / rate;
  const [a, b] = [v0 + normal() / Math.sqrt(tau * m0), v1 + normal() / Math.sqrt(tau * m1)];
  const squares = syy - 2 * a * sy - 2 * b * sxy + a * a * n + b * b * sxx;
  return (n / 2) * Math.log((2 * Math.PI) / tau) + (tau / 2) * squares;
}

const ladder = [...new Set([...Array.from({ length: 31 }, (_, i) => (i / 30) ** 5), ...known.map(({ t }) => t)])].toSorted((a, b) => a - b);
const rungs = ladder.map((lambda) => ({ lambda, energies: Array.from({ length: 4 }, () => Float64Array.from({ length: 500 }, () => energy(lambda))) }));

it("every estimator gives the exact evidence and KL of 42 radiata pines on every rung that is known, from exact draws of the power posteriors, within five of its standard errors", () => {
  for (const estimator of [steppingStone, acceptanceRatio]) {
    const found = estimator(rungs);
    for (const { t, logZ: truth, energy: mean } of known.slice(1)) {
      const { freeEnergy, freeEnergyError, kl: divergence, klError } = found[ladder.indexOf(t)]!;
      expect(Math.abs(-freeEnergy - truth), `ln Z(${t})`).toBeLessThan(5 * freeEnergyError);
      expect(Math.abs(divergence - (t * -mean - truth)), `KL at ${t}`).toBeLessThan(5 * klError);
    }
    // An error that tells: the left and right sums are 2 nats apart.
    expect(found.at(-1)!.freeEnergyError).toBeLessThan(0.3);
    expect(-logZ - known.at(-1)!.energy).toBeCloseTo(kl, 8);
  }
});

it("exact draws of the power posteriors have the known energies", () => {
  for (const { t, energy: truth } of known)
    expectation(
      rungs[ladder.indexOf(t)]!.energies.map((chain) => [...chain]),
      truth,
      { ess: 1500 },
    );
});

it("the sums along the path enclose the evidence of radiata pine, and the corrected trapezoid meets it", () => {
  const points = rungs.map(({ lambda, energies }) => {
    const { mean, error } = batchMeans(energies);
    const all = energies.flatMap((chain) => [...chain]);
    return { lambda, energy: mean, error, variance: all.reduce((s, u) => s + (u - mean) ** 2, 0) / (all.length - 1) };
  });
  const { freeEnergy, kl: divergence, klByVariance } = thermodynamic(points).at(-1)!;
  expect(freeEnergy.upper + 5 * freeEnergy.upperError).toBeGreaterThan(-logZ);
  expect(freeEnergy.lower - 5 * freeEnergy.lowerError).toBeLessThan(-logZ);
  // Quadrature errs by 0.002 at thirty intervals: between the 0.006 of twenty and the 0.0004 of forty.
  expect(Math.abs(freeEnergy.corrected + logZ)).toBeLessThan(5 * freeEnergy.trapezoidError + 0.003);
  expect(Math.abs(divergence.corrected - kl)).toBeLessThan(5 * divergence.trapezoidError + 0.003);
  // The trapezoid of variances alone errs by its own quadrature: not derived.
  expect(Math.abs(klByVariance - kl)).toBeLessThan(0.6);
  const series = batchMeans(pathSum(rungs, { of: "trapezoid" }));
  expect(series.mean).toBeCloseTo(freeEnergy.trapezoid, 1);
  // 88 batches: the error is known to 1/√174 = 8 %, five of them.
  expect(Math.abs(series.error / freeEnergy.trapezoidError - 1)).toBeLessThan(0.4);
});

it("annealedEvidence() meets the evidence of radiata pine where each move draws afresh", () => {
  const energies = ladder.slice(0, -1).map((lambda) => Array.from({ length: 2000 }, () => energy(lambda)));
  const { freeEnergy, error, ess } = annealedEvidence(energies, ladder);
  expect(ess).toBeGreaterThan(200);
  expect(Math.abs(-freeEnergy - logZ)).toBeLessThan(5 * error);
});
