/** What a PAC-Bayes theorem is told about a posterior ρ. */
export type Certificate = {
  /** r̂(ρ) = E_ρ r̂(w), the mean over the sample of a loss in [0, 1]. */
  readonly empiricalRisk: number;
  /** KL(ρ‖π), nats; the prior π must not depend on the sample. */
  readonly kl: number;
  /** The number of i.i.d. examples that the risk is a mean over, and no others. */
  readonly n: number;
  /** The probability, over the sample, with which the bound may fail. */
  readonly delta: number;
};

/**
 * An upper bound on the true risk R(ρ), holding with probability at least 1 − δ over the sample; float64, rounded outward, at most 1.
 *
 * NaN in the risk or the KL falls on the safe side: it gives 1. A caller's mistake throws a RangeError: n not a whole number or below 8, δ outside
 * (0, 1), a risk outside [0, 1], a negative KL.
 */
export type Bound = (certificate: Certificate) => number;

/**
 * Checks what a theorem assumes of its numbers.
 *
 * @throws RangeError naming the first one that is wrong; NaN in the risk or the KL passes, for the bound to become 1
 * @example
 * ```ts
 * import { checkedCertificate } from "@lab/pacbayes";
 * checkedCertificate({ empiricalRisk: 0.1, kl: 5, n: 100, delta: 0.05 }).n; // => 100
 * ```
 */
export function checkedCertificate(certificate: Certificate): Certificate {
  const { empiricalRisk, kl, n, delta } = certificate;
  if (empiricalRisk < 0 || empiricalRisk > 1) throw new RangeError(`Cannot bound the risk: empiricalRisk must be in [0, 1], got ${empiricalRisk}`);
  if (kl < 0) throw new RangeError(`Cannot bound the risk: kl must be at least 0, got ${kl}`);
  if (!(Number.isInteger(n) && n >= 8)) throw new RangeError(`Cannot bound the risk: n must be a whole number of at least 8, got ${n}`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`Cannot bound the risk: delta must be in (0, 1), got ${delta}`);
  return certificate;
}

/**
 * c = (KL(ρ‖π) + ln(2√n/δ)) / n, the budget of the bounds of the kl family [Maurer2004], rounded up.
 *
 * @throws RangeError as `checkedCertificate`
 * @example
 * ```ts
 * import { complexity } from "@lab/pacbayes";
 * complexity({ empiricalRisk: 0, kl: 10, n: 1000, delta: 0.05 }).toFixed(6); // => "0.017143"
 * ```
 */
export function complexity(certificate: Certificate): number {
  const { kl, n, delta } = checkedCertificate(certificate);
  return ((kl + Math.log((2 * Math.sqrt(n)) / delta)) / n) * (1 + ROUNDING);
}

/**
 * A risk bound rounded up and cut at 1; NaN gives 1.
 *
 * @example
 * ```ts
 * import { outward } from "@lab/pacbayes";
 * [outward(1.7), outward(NaN), outward(0.5) >= 0.5]; // => [ 1, 1, true ]
 * ```
 */
export function outward(bound: number): number {
  return bound < 1 ? Math.min(1, bound * (1 + ROUNDING)) : 1;
}

/** Covers a dozen correctly rounded operations on terms of one sign. */
const ROUNDING = 16 * Number.EPSILON;
