import { chains, effectiveSampleSize, energyFraction, maurer, monteCarloError, rHat, thermodynamic } from "@lab/pacbayes";
import type { HostArray } from "@lab/tensor-core";

/** What was drawn at one λ: [chain][draw]. */
export type Rung = {
  readonly lambda: number;
  /** n·r̂ as recorded, [draw, chain]. */
  readonly column: HostArray;
  readonly energies: readonly Float64Array[];
  readonly risk01s: readonly Float64Array[];
  readonly testError01: number;
  readonly sampling: { readonly [name: string]: number };
};

export function rungOf(
  lambda: number,
  trace: { readonly likelihood: HostArray; readonly risk01: HostArray; readonly test01: HostArray } & { readonly [name: string]: HostArray },
): Rung {
  const { likelihood, risk01, test01, acceptance, divergent, steps, stepSize, hamiltonian } = trace;
  const sampling =
    acceptance === undefined
      ? {}
      : {
          step: average(stepSize!),
          leapfrogs: average(steps!),
          acceptance: average(acceptance),
          divergences: average(divergent!) * divergent!.data.length,
          bfmi: Math.min(...energyFraction(chains(hamiltonian!))),
        };
  return { lambda, column: likelihood, energies: chains(likelihood), risk01s: chains(risk01), testError01: average(test01), sampling };
}

/** Risks, KL in nats and bounds at one λ: point values, no certificates. */
export type Point = {
  readonly lambda: number;
  readonly riskCe: number;
  readonly risk01: number;
  readonly testError01: number;
  readonly klLower: number;
  readonly kl: number;
  readonly klUpper: number;
  readonly klError: number;
  readonly boundCe: number;
  readonly bound01: number;
};

/** The curve λ ↦ (risk, KL, bound), with the KL by thermodynamic integration along the rungs and its left sum in the bounds. */
export function curveOf(climbed: readonly Rung[], { n, delta }: { readonly n: number; readonly delta: number }): readonly Point[] {
  const integrated = thermodynamic(climbed.map(({ lambda, energies }) => ({ lambda, energy: meanOf(energies), error: monteCarloError(energies) })));
  return climbed.map(({ energies, risk01s, testError01 }, i) => {
    const { lambda, kl } = integrated[i]!;
    const [riskCe, risk01] = [meanOf(energies) / n, meanOf(risk01s)];
    // A divergence is not negative; where it is small, the noise of the draws may be larger than it.
    const [klUpper, klPoint, klLower] = [kl.upper, kl.trapezoid, kl.lower].map((sum) => Math.max(0, sum)) as [number, number, number];
    const bound = (empiricalRisk: number): number => maurer({ empiricalRisk, kl: klUpper, n, delta });
    return {
      lambda,
      riskCe,
      risk01,
      testError01,
      klUpper,
      kl: klPoint,
      klLower,
      klError: kl.upperError,
      boundCe: bound(riskCe),
      bound01: bound(risk01),
    };
  });
}

export function least<T>(rows: readonly T[], by: (row: T) => number): T {
  return rows.reduce((a, b) => (by(b) < by(a) ? b : a));
}

export function meanOf(draws: readonly Float64Array[]): number {
  return average({ data: draws.flatMap((draw) => [...draw]) });
}

export function varianceOf(draws: readonly Float64Array[]): number {
  const [all, centre] = [draws.flatMap((draw) => [...draw]), meanOf(draws)];
  return all.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (all.length - 1);
}

/** Of all draws of a recorded column. */
export function average(column: { readonly data: ArrayLike<number> }): number {
  return Array.from(column.data).reduce((sum, x) => sum + x, 0) / column.data.length;
}

/** The worst of all rungs, over n·r̂ and the zero-one risk: functionals that a permutation of hidden units leaves alone. */
export function diagnosticsOf(rungs: readonly Rung[]): {
  readonly maxRhat: number;
  readonly minEss: number;
  readonly divergences: number;
  readonly acceptance: number;
} {
  const functionals = rungs.flatMap(({ energies, risk01s }) => [energies, risk01s]);
  const sampled = rungs.slice(1).map(({ sampling }) => sampling);
  return {
    maxRhat: Math.max(...functionals.map((draws) => rHat(draws))),
    minEss: Math.min(...functionals.map((draws) => effectiveSampleSize(draws))),
    divergences: sampled.reduce((sum, { divergences }) => sum + divergences!, 0),
    acceptance: sampled.reduce((sum, { acceptance }) => sum + acceptance!, 0) / sampled.length,
  };
}
