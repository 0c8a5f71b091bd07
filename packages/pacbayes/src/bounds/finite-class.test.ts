import { expect, it } from "vitest";
import { thermodynamic } from "../evidence/thermodynamic.ts";
import { ladder } from "../gibbs/ladder.ts";
import { binaryKlInverse } from "./binary-kl.ts";
import type { Bound, Certificate } from "./bound.ts";
import { bestCatoni, catoni } from "./catoni.ts";
import { freeEnergyBound, freeEnergyCatoni } from "./free-energy.ts";
import { lambda } from "./lambda.ts";
import { maurer } from "./maurer.ts";
import { mcallester } from "./mcallester.ts";
import { quadratic } from "./quadratic.ts";
import { refinedTolstikhin } from "./refined-tolstikhin.ts";
import { tolstikhin } from "./tolstikhin.ts";

const bounds: readonly (readonly [string, Bound])[] = [
  ["maurer()", maurer],
  ["mcallester()", mcallester],
  ["quadratic()", quadratic],
  ["tolstikhin()", tolstikhin],
  ["refinedTolstikhin()", refinedTolstikhin],
  ["lambda(0.7)", lambda(0.7)],
  ["catoni(0.7)", catoni(0.7)],
];

/** Three hypotheses: every sum over them is exact. */
const prior = [0.5, 0.3, 0.2] as const;
const expected = (rho: readonly number[], values: readonly number[]): number => rho.reduce((s, p, i) => s + p * values[i]!, 0);
const klFromPrior = (rho: readonly number[]): number =>
  Math.max(
    0,
    rho.reduce((s, p, i) => s + (p === 0 ? 0 : p * Math.log(p / prior[i]!)), 0),
  );
/** ρ_λ ∝ e^{−λ U} π with its free energy; U = n r̂. */
function gibbs(lambda: number, energies: readonly number[]): { readonly rho: readonly number[]; readonly freeEnergy: number } {
  const least = Math.min(...energies);
  const weights = energies.map((u, i) => prior[i]! * Math.exp(-lambda * (u - least)));
  const z = weights.reduce((s, w) => s + w, 0);
  return { rho: weights.map((w) => w / z), freeEnergy: lambda * least - Math.log(z) };
}

/** Every sample of n examples, as three independent binomial counts of errors, with its probability. */
const n = 12;
const risks = [0.5, 0.35, 0.2] as const;
const choose = Array.from({ length: n + 1 }, (_, k) => Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((c, f) => c * f, 1));
const counts = Array.from({ length: n + 1 }, (_, k) => k);
const samples = counts.flatMap((a) =>
  counts.flatMap((b) =>
    counts.map((c) => {
      const errors = [a, b, c];
      return { errors, probability: errors.reduce((p, k, i) => p * choose[k]! * risks[i]! ** k * (1 - risks[i]!) ** (n - k), 1) };
    }),
  ),
);

/** P(some ρ has a risk above its bound), of ρ from the prior to a point mass, on the worse hypotheses too. */
function failures(bound: (posterior: Pick<Certificate, "empiricalRisk" | "kl">) => number): number {
  return samples.reduce((total, { errors, probability }) => {
    const violated = [-3, -0.5, 0, 0.2, 0.5, 1, 2, 20].some((lambda) => {
      const { rho } = gibbs(lambda, errors);
      return expected(rho, risks) > bound({ empiricalRisk: expected(rho, errors) / n, kl: klFromPrior(rho) });
    });
    return violated ? total + probability : total;
  }, 0);
}

it.each(bounds)("%s holds for all posteriors at once with probability 1 − δ on three hypotheses", (_, bound) => {
  for (const delta of [0.05, 0.3]) expect(failures((posterior) => bound({ ...posterior, n, delta }))).toBeLessThan(delta);
});

it("bounds without their log term fail more often than δ on three hypotheses, so that the coverage can be missed", () => {
  expect(failures(({ empiricalRisk, kl }) => binaryKlInverse(empiricalRisk, kl / n))).toBeGreaterThan(0.3);
  expect(failures((posterior) => catoni(0.7)({ ...posterior, n, delta: 1 - 1e-12 }))).toBeGreaterThan(0.05);
});

/** One sample, and posteriors all over the simplex. */
const sample = [9, 6, 2] as const;
const share = 20;
const simplex = counts
  .concat(Array.from({ length: share - n }, (_, i) => n + 1 + i))
  .flatMap((a) => Array.from({ length: share - a + 1 }, (_, b) => [a, b, share - a - b].map((k) => k / share)));

it("the Gibbs posterior of three hypotheses minimises r̂ + KL/(λn), with F/(λn) as the least value", () => {
  for (const lambda of [0.01, 0.3, 1, 3]) {
    const { rho, freeEnergy } = gibbs(lambda, sample);
    const objective = (q: readonly number[]): number => expected(q, sample) / n + klFromPrior(q) / (lambda * n);
    expect(objective(rho)).toBeCloseTo(freeEnergy / (lambda * n), 12);
    for (const q of simplex) expect(objective(q)).toBeGreaterThan(freeEnergy / (lambda * n) - 1e-12);
  }
});

it.each(bounds)("%s of any posterior of three hypotheses is never below that of the Gibbs posterior with the same KL", (_, bound) => {
  for (const q of simplex) {
    let [low, high] = [0, 50];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (klFromPrior(gibbs(middle, sample).rho) > klFromPrior(q)) high = middle;
      else low = middle;
    }
    const { rho } = gibbs(low, sample);
    const of = (p: readonly number[]): number => bound({ empiricalRisk: expected(p, sample) / n, kl: klFromPrior(p), n, delta: 0.05 });
    expect(of(rho)).toBeLessThan(of(q) + 1e-9);
  }
});

it("maurer() along the Gibbs family of three hypotheses is least where λ = bestCatoni(), and there catoni() with its log term is the same", () => {
  for (const size of [30, 120]) {
    // Close enough that the posterior is no point mass at the best λ.
    const energies = [7, 6, 5].map((u) => (u * size) / n);
    const at = (lambda: number): Certificate => {
      const { rho } = gibbs(lambda, energies);
      return { empiricalRisk: expected(rho, energies) / size, kl: klFromPrior(rho), n: size, delta: 0.05 };
    };
    const gap = (lambda: number): number => bestCatoni(at(lambda).empiricalRisk, maurer(at(lambda))) - lambda;
    let [low, high] = [1e-3, 3];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (gap(middle) > 0) low = middle;
      else high = middle;
    }
    const best = at(low);
    for (let lambda = 0.002; lambda < 3; lambda *= 1.01) {
      if (Math.abs(lambda / low - 1) > 0.05) expect(maurer(at(lambda))).toBeGreaterThan(maurer(best));
    }
    expect(Math.abs(catoni(low)({ ...best, delta: best.delta / (2 * Math.sqrt(size)) }) - maurer(best))).toBeLessThan(1e-12);
  }
});

it("freeEnergyBound() is never below maurer() on a rung of three hypotheses, and freeEnergyCatoni() is catoni() there", () => {
  for (const at of [0.01, 0.3, 1, 3]) {
    const { rho, freeEnergy } = gibbs(at, sample);
    const certificate = { empiricalRisk: expected(rho, sample) / n, kl: klFromPrior(rho), n, delta: 0.05 };
    expect(freeEnergyBound({ lambda: at, freeEnergy, n, delta: 0.05 })).toBeGreaterThan(maurer(certificate) - 1e-12);
    expect(freeEnergyCatoni({ lambda: at, freeEnergy, n, delta: 0.05 })).toBeCloseTo(catoni(at)(certificate), 12);
  }
});

it("thermodynamic() integrates the exact energies of three hypotheses to their free energy and KL at every rung", () => {
  const rungs = [...ladder({ top: 3, rungs: 60, power: 2 })].map((at) => {
    const { rho } = gibbs(at, sample);
    const energy = expected(rho, sample);
    return {
      lambda: at,
      energy,
      variance: expected(
        rho,
        sample.map((u) => (u - energy) ** 2),
      ),
    };
  });
  for (const { lambda: at, freeEnergy, kl } of thermodynamic(rungs)) {
    const exact = gibbs(at, sample);
    expect(freeEnergy.upper).toBeGreaterThanOrEqual(exact.freeEnergy - 1e-12);
    expect(freeEnergy.lower).toBeLessThanOrEqual(exact.freeEnergy + 1e-12);
    // Of order four in the spacing, here at most 0.1: not derived further.
    expect(Math.abs(freeEnergy.corrected - exact.freeEnergy)).toBeLessThan(1e-4);
    expect(Math.abs(kl.corrected - klFromPrior(exact.rho))).toBeLessThan(1e-4);
  }
});
