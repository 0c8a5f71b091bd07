import { checkedLadder } from "../gibbs/ladder.ts";
import { quadratureWeights, type SumKind } from "./quadrature-weights.ts";

/** What the draws at one inverse temperature say: U = n r̂, nats. */
export type EnergyEstimate = {
  readonly lambda: number;
  /** E_λ[U], estimated. */
  readonly energy: number;
  /** Its Monte-Carlo standard error; 0 if it is exact. */
  readonly error?: number;
  /** Var_λ[U], estimated; the corrected trapezoid and the variance form need it on every rung. */
  readonly variance?: number;
};

/** One quantity by sums that bound it from both sides, and by quadrature, nats; errors are standard errors. */
export type Integral = {
  /** Left sum: above the truth but for Monte-Carlo error, whatever the grid. */
  readonly upper: number;
  /** Right sum: below the truth but for Monte-Carlo error, whatever the grid. */
  readonly lower: number;
  /** Trapezoid: an estimate, no certificate. */
  readonly trapezoid: number;
  /** Trapezoid corrected by the variances: an estimate, no certificate; NaN without variances. */
  readonly corrected: number;
  readonly upperError: number;
  readonly lowerError: number;
  readonly trapezoidError: number;
};

/** Free energy and KL of one rung. */
export type ThermodynamicRung = {
  readonly lambda: number;
  /** F(λ) = −ln E_π[e^{−λU}]. */
  readonly freeEnergy: Integral;
  /** KL(ρ_λ‖π) = F(λ) − λ E_λ[U]. */
  readonly kl: Integral;
  /** ∫₀^λ β Var_β[U] dβ by the trapezoid: the same KL from the variances alone, an independent check; NaN without them. */
  readonly klByVariance: number;
};

/**
 * F(λ) = ∫₀^λ E_β[U] dβ and KL(ρ_λ‖π) = F(λ) − λ E_λ[U] at every rung, U = n r̂, by thermodynamic integration [Gelman1998, §2; Friel2008].
 *
 * E_β[U] does not increase in β, so that on any grid Σ Δᵢ E_{βᵢ} ≥ F ≥ Σ Δᵢ E_{βᵢ₊₁}: the left sum bounds F and KL from above, the right sum from
 * below. The corrected trapezoid subtracts Σ Δᵢ² (fᵢ₊₁′ − fᵢ′)/12, f′ = −Var_β[U] [Friel2014, §3.2]; it diverges on coarse uniform grids. Errors take
 * rungs for independent: √Σ ωᵢ² errorᵢ² with the weights ωᵢ of each sum.
 *
 * @throws RangeError unless λ starts at 0 and increases strictly
 * @example
 * ```ts
 * import { thermodynamic } from "@lab/pacbayes";
 * // U = ½‖w‖², w ~ N(0, I₂): E_λ[U] = 1/(1 + λ), F(λ) = ln(1 + λ)
 * const rungs = thermodynamic([0, 0.25, 0.5, 0.75, 1].map((lambda) => ({ lambda, energy: 1 / (1 + lambda) })));
 * const { upper, lower } = rungs.at(-1)!.freeEnergy;
 * upper > Math.log(2) && Math.log(2) > lower; // => true
 * ```
 */
export function thermodynamic(rungs: readonly EnergyEstimate[]): readonly ThermodynamicRung[] {
  checkedLadder(rungs.map(({ lambda }) => lambda));
  return rungs.map(({ lambda }, k) => ({
    lambda,
    freeEnergy: integral(rungs, k, 0),
    kl: integral(rungs, k, lambda),
    klByVariance: trapezoid(rungs.slice(0, k + 1).map((rung) => [rung.lambda, rung.lambda * (rung.variance ?? NaN)] as const)),
  }));
}

/** Σ ωᵢ E_{βᵢ}[U] over the first k intervals, less `tilt` times the energy of rung k. */
function integral(rungs: readonly EnergyEstimate[], k: number, tilt: number): Integral {
  const sum = (kind: SumKind): readonly [number, number] => {
    const weights = quadratureWeights(
      rungs.slice(0, k + 1).map(({ lambda }) => lambda),
      kind,
    );
    weights[k]! -= tilt;
    const value = weights.reduce((s, w, i) => s + (w === 0 ? 0 : w * rungs[i]!.energy), 0);
    const variance = weights.reduce((s, w, i) => s + (w === 0 ? 0 : (w * (rungs[i]!.error ?? 0)) ** 2), 0);
    return [value, Math.sqrt(variance)];
  };
  const [[upper, upperError], [lower, lowerError], [middle, trapezoidError]] = [sum("upper"), sum("lower"), sum("trapezoid")];
  let correction = 0;
  for (let i = 0; i < k; i++) {
    const step = rungs[i + 1]!.lambda - rungs[i]!.lambda;
    correction += (step ** 2 / 12) * ((rungs[i]!.variance ?? NaN) - (rungs[i + 1]!.variance ?? NaN));
  }
  return { upper, lower, trapezoid: middle, corrected: middle - correction, upperError, lowerError, trapezoidError };
}

function trapezoid(points: readonly (readonly [number, number])[]): number {
  return points.slice(1).reduce((sum, [x, y], i) => sum + ((x - points[i]![0]) * (y + points[i]![1])) / 2, 0);
}
