import { acceptanceRatio, maurer, monteCarloError, thermodynamic } from "@lab/pacbayes";
import { meanOf, varianceOf, type Rung } from "./rung.ts";

/** Risks, KL in nats and bounds at one λ: point values, no certificates. */
export type Point = {
  readonly lambda: number;
  readonly riskCe: number;
  readonly risk01: number;
  /** Monte-Carlo standard error of the zero-one risk. */
  readonly risk01Error: number;
  readonly testError01: number;
  readonly klLower: number;
  /** By Bennett's acceptance ratios, with its Monte-Carlo standard error. */
  readonly kl: number;
  readonly klError: number;
  readonly klUpper: number;
  /** Monte-Carlo standard error of the left sum. */
  readonly klUpperError: number;
  /** By the variances alone: a check. */
  readonly klByVariance: number;
  readonly boundCe: number;
  readonly bound01: number;
};

/** The curve λ ↦ (risk, KL, bound), with the left sum of thermodynamic integration in the bounds. */
export function curveOf(climbed: readonly Rung[], { n, delta }: { readonly n: number; readonly delta: number }): readonly Point[] {
  const integrated = thermodynamic(
    climbed.map(({ lambda, energies }) => ({ lambda, energy: meanOf(energies), error: monteCarloError(energies), variance: varianceOf(energies) })),
  );
  const ratios = acceptanceRatio(climbed);
  return climbed.map(({ energies, risk01s, testError01 }, i) => {
    const { lambda, kl, klByVariance } = integrated[i]!;
    const [riskCe, risk01] = [meanOf(energies) / n, meanOf(risk01s)];
    // A divergence is not negative; where it is small, the noise of the draws may be larger than it.
    const [klUpper, klLower] = [Math.max(0, kl.upper), Math.max(0, kl.lower)];
    const bound = (empiricalRisk: number): number => maurer({ empiricalRisk, kl: klUpper, n, delta });
    return {
      lambda,
      riskCe,
      risk01,
      risk01Error: monteCarloError(risk01s),
      testError01,
      klUpper,
      kl: Math.min(klUpper, Math.max(klLower, ratios[i]!.kl)),
      klError: ratios[i]!.klError,
      klLower,
      klUpperError: kl.upperError,
      klByVariance,
      boundCe: bound(riskCe),
      bound01: bound(risk01),
    };
  });
}

export function least<T>(rows: readonly T[], by: (row: T) => number): T {
  return rows.reduce((a, b) => (by(b) < by(a) ? b : a));
}
