import { finiteDraws, variance, type Draws } from "./draws.ts";

/**
 * E-BFMI = Σ (Eₜ − Eₜ₋₁)² / Σ (Eₜ − Ē)² of a chain's Hamiltonians, the estimated Bayesian fraction of missing information [Betancourt2016].
 *
 * How well fresh momenta explore the energies, one number per chain; below 0.3 they do so poorly. NaN if a draw is not finite.
 *
 * @throws RangeError for chains of unequal length or of fewer than 4 draws
 * @example
 * ```ts
 * import { energyFraction } from "@lab/pacbayes";
 * energyFraction([[0, 1, 0, 1]]); // => [ 3 ]
 * ```
 */
export function energyFraction(energies: Draws): readonly number[] {
  const finite = finiteDraws("energyFraction", energies);
  if (finite === undefined) return energies.map(() => NaN);
  return finite.map((chain) => {
    let moved = 0;
    for (let i = 1; i < chain.length; i++) moved += (chain[i]! - chain[i - 1]!) ** 2;
    return moved / (variance(chain) * (chain.length - 1));
  });
}
