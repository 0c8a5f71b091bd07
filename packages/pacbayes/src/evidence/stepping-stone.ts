import { logSumExp } from "@lab/tensor-core";
import { mean } from "../diagnostics/draws.ts";
import { monteCarloError } from "../diagnostics/monte-carlo-error.ts";
import { checkedRungs, type EnergyDraws, type FreeEnergyEstimate } from "./checked-rungs.ts";

/**
 * F(λ_k) = −Σ_{i<k} ln E_{βᵢ}[e^{−(βᵢ₊₁ − βᵢ)U}], each expectation by the mean over the draws of rung i: stepping-stone sampling [Xie2011, Equation 7].
 *
 * No quadrature. Ẑ = e^{−F} is unbiased for exact, independent draws of every rung, and consistent for draws of Markov chains. Errors by the delta method,
 * sd(w)/(w̄ √ESS), rungs taken for independent, so that they do not hold for rungs that exchange states. The error of the KL takes F and E_λ[U] of its own rung
 * for independent, which they are: the last rung's draws enter its energy only.
 *
 * @throws RangeError unless λ starts at 0 and increases, each rung with chains of equal length of at least 4 draws
 * @example
 * ```ts
 * import { steppingStone } from "@lab/pacbayes";
 * // A constant energy of 3 nats: F(λ) = 3 λ, and no KL.
 * const energies = [[3, 3, 3, 3], [3, 3, 3, 3]];
 * const { freeEnergy, kl } = steppingStone([{ lambda: 0, energies }, { lambda: 0.5, energies }])[1]!;
 * [freeEnergy, kl]; // => [ 1.5, 0 ]
 * ```
 */
export function steppingStone(rungs: readonly EnergyDraws[]): readonly FreeEnergyEstimate[] {
  const draws = checkedRungs("steppingStone", rungs);
  let [freeEnergy, variance] = [0, 0];
  return rungs.map(({ lambda }, k) => {
    if (k > 0) {
      const below = draws[k - 1];
      const step = ratio(below, lambda - rungs[k - 1]!.lambda);
      freeEnergy += step.freeEnergy;
      variance += step.error ** 2;
    }
    return withKl(lambda, { freeEnergy, variance, draws: draws[k] });
  });
}

/** −ln mean e^{−ΔU}, and its standard error. */
function ratio(draws: readonly Float64Array[] | undefined, delta: number): { readonly freeEnergy: number; readonly error: number } {
  if (draws === undefined) return { freeEnergy: NaN, error: NaN };
  const logs = draws.flatMap((chain) => Array.from(chain, (u) => -delta * u));
  const total = logSumExp(logs);
  const centre = total - Math.log(logs.length);
  const weights = draws.map((chain) => chain.map((u) => Math.exp(-delta * u - centre)));
  return { freeEnergy: -centre, error: monteCarloError(weights) };
}

/** F with the energy of the rung itself: KL = F − λ E_λ[U]. */
function withKl(
  lambda: number,
  { freeEnergy, variance, draws }: { readonly freeEnergy: number; readonly variance: number; readonly draws: readonly Float64Array[] | undefined },
): FreeEnergyEstimate {
  const [energy, error] = draws === undefined ? [NaN, NaN] : [mean(draws.map(mean)), monteCarloError(draws)];
  return {
    lambda,
    freeEnergy,
    freeEnergyError: Math.sqrt(variance),
    kl: lambda === 0 ? 0 : freeEnergy - lambda * energy,
    klError: lambda === 0 ? 0 : Math.sqrt(variance + (lambda * error) ** 2),
  };
}
