import { checkedCertificate, complexity, outward } from "./bound.ts";

/** What a free-energy bound is told: F(λ) = −ln E_π[exp(−λ n r̂)], nats, in place of risk and KL. */
export type FreeEnergyCertificate = { readonly lambda: number; readonly freeEnergy: number; readonly n: number; readonly delta: number };

/**
 * R(ρ_λ) ≤ (1 − exp(−(F(λ) + ln(2√n/δ)) / n)) / (1 − e^{−λ}), for all λ at once: `maurer` at the worst risk that F(λ) = KL + λ n r̂ allows.
 *
 * Any upper bound on F gives one on the risk. Never below `maurer` with the exact risk. The worst case is at `worstRisk`.
 *
 * @throws RangeError unless λ is positive and finite and F ≥ 0, and as `checkedCertificate`; NaN gives 1
 * @example
 * ```ts
 * import { freeEnergyBound } from "@lab/pacbayes";
 * freeEnergyBound({ lambda: 0.5, freeEnergy: 700, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.029863"
 * ```
 */
export function freeEnergyBound({ lambda, freeEnergy, n, delta }: FreeEnergyCertificate): number {
  checkedLambda(lambda);
  return outward(Math.expm1(-complexity({ empiricalRisk: 0, kl: freeEnergy, n, delta })) / Math.expm1(-lambda));
}

/**
 * R(ρ_λ) ≤ (1 − exp(−(F(λ) + ln(1/δ)) / n)) / (1 − e^{−λ}), for one λ fixed before the sample is seen: `catoni` at C = λ [Catoni2007].
 *
 * @throws RangeError as `freeEnergyBound`
 * @example
 * ```ts
 * import { freeEnergyCatoni } from "@lab/pacbayes";
 * freeEnergyCatoni({ lambda: 0.5, freeEnergy: 700, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.029604"
 * ```
 */
export function freeEnergyCatoni({ lambda, freeEnergy, n, delta }: FreeEnergyCertificate): number {
  checkedLambda(lambda);
  checkedCertificate({ empiricalRisk: 0, kl: freeEnergy, n, delta });
  return outward(Math.expm1(-(freeEnergy - Math.log(delta)) / n) / Math.expm1(-lambda));
}

/**
 * r* = p e^{−λ} / (1 − p + p e^{−λ}): the risk at which r ↦ kl⁻¹(r, (F − λ n r + ln(2√n/δ)) / n) is greatest, p being `freeEnergyBound`.
 *
 * @throws RangeError unless λ is positive and finite and p is in [0, 1]
 * @example
 * ```ts
 * import { worstRisk } from "@lab/pacbayes";
 * worstRisk(0.5, 0.25).toFixed(6); // => "0.168176"
 * ```
 */
export function worstRisk(lambda: number, bound: number): number {
  checkedLambda(lambda);
  if (!(bound >= 0 && bound <= 1)) throw new RangeError(`Cannot find the worst risk: bound must be in [0, 1], got ${bound}`);
  const tilted = bound * Math.exp(-lambda);
  return bound === 1 ? 1 : tilted / (1 - bound + tilted);
}

function checkedLambda(lambda: number): void {
  if (!(lambda > 0 && lambda < Infinity)) throw new RangeError(`Cannot bound the risk: lambda must be positive and finite, got ${lambda}`);
}
