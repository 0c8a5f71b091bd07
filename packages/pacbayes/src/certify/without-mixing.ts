import { logSumExp } from "@lab/tensor-core";
import { freeEnergyBound, freeEnergyCatoni } from "../bounds/free-energy.ts";
import { outward } from "../bounds/bound.ts";
import { checkedConfidence, type Confidence, type Stated } from "./confidence.ts";

/** The logarithms of M annealed importance weights for Z(λ), as `annealedEvidence` returns them. */
export type AnnealedWeights = { readonly lambda: number; readonly logWeights: readonly number[] };

export type WithoutMixingOptions = Omit<Confidence, "deltaRisk"> & {
  /** G: the number of rungs, or runs, of which the best is taken, this one included. */
  readonly compared?: number;
  /** Whether λ was fixed before the sample was seen: then Catoni's bound holds, with ln(1/δ) in place of ln(2√n/δ). */
  readonly lambdaFixed?: boolean;
  /** L of the bounded cross-entropy, if that is the loss: a zero-one bound follows. */
  readonly level?: number;
};

/** A certificate of one rung, of the smooth loss. */
export type AnnealedCertificate = Stated & {
  readonly method: "without-mixing";
  readonly lambda: number;
  readonly compared: number;
  readonly lambdaFixed: boolean;
  /** M. */
  readonly chains: number;
  /** F(λ) is at most −ln Ẑ + ln(G/δ_F), nats. */
  readonly freeEnergyUpper: number;
  /** (L/ln 2) times the bound, since 1{error} ≤ ℓ L/ln 2; with `level` only. */
  readonly zeroOne?: { readonly level: number; readonly bound: number };
};

const TRUSTED =
  "None about mixing: the annealing schedule, step sizes and number of chains were fixed beforehand, the first draws are exactly from the prior, and each move leaves its Gibbs posterior invariant; arithmetic and random generator are trusted.";

/**
 * R(ρ_λ) ≤ (1 − exp(−(F_up + ln(2√n/δ))/n)) / (1 − e^{−λ}), F_up = −ln Ẑ + ln(1/δ_F): with probability at least 1 − δ − δ_F, however badly the chains mix.
 *
 * Annealed importance sampling has E[Ẑ] = Z [Neal2001], so that by Markov's inequality P(Ẑ ≥ Z/δ_F) ≤ δ_F; the rest is `freeEnergyBound`, which holds for all
 * λ at once, or `freeEnergyCatoni` for a λ fixed before the sample was seen [Catoni2007]. Where G rungs or runs are compared, δ_F/G each, and δ/G for a λ fixed beforehand. It certifies the loss
 * of the Gibbs posterior itself, at ρ_λ exactly, which can still be drawn from only approximately.
 *
 * A weight of NaN or −∞ counts as 0, on the safe side. Nothing may have been tuned on the run itself: neither schedule nor step sizes.
 *
 * @throws RangeError unless λ is positive, there is a weight, no weight exceeds 1 and G is a whole number of at least 1; for probabilities or a level that are none
 * @example
 * ```ts
 * import { withoutMixing } from "@lab/pacbayes";
 * withoutMixing({ lambda: 0.5, logWeights: [-700, -702, -705] }, { n: 60_000, delta: 0.05 }).bound.toFixed(4); // => "0.0301"
 * ```
 */
export function withoutMixing(
  { lambda, logWeights }: AnnealedWeights,
  { n, delta = 0.025, deltaEvidence = 0.01, compared = 1, lambdaFixed = false, level }: WithoutMixingOptions,
): AnnealedCertificate {
  checkedConfidence({ n, delta, deltaRisk: 0, deltaEvidence });
  if (deltaEvidence === 0) throw new RangeError("Cannot certify a posterior: deltaEvidence must be in (0, 1), got 0");
  if (!(Number.isInteger(compared) && compared >= 1))
    throw new RangeError(`Cannot certify a posterior: compared must be a whole number of at least 1, got ${compared}`);
  if (logWeights.length === 0) throw new RangeError("Cannot certify a posterior: expected annealed weights, got none");
  // Losses are at least 0, so that no true weight exceeds 1.
  const above = logWeights.find((w) => w > 0);
  if (above !== undefined) throw new RangeError(`Cannot certify a posterior: the logarithm of a weight must be at most 0, got ${above}`);
  if (level !== undefined && !(level > Math.LN2)) throw new RangeError(`Cannot certify a posterior: level must be above ln 2, got ${level}`);
  const safe = logWeights.map((w) => (Number.isNaN(w) ? -Infinity : w));
  const estimate = Math.log(logWeights.length) - logSumExp(safe) + Math.log(compared / deltaEvidence);
  const freeEnergyUpper = estimate * (1 + 16 * Number.EPSILON);
  const at = { lambda, freeEnergy: freeEnergyUpper, n };
  // Catoni's bound holds for one λ alone: the best of G pays for each.
  const bound = lambdaFixed ? freeEnergyCatoni({ ...at, delta: delta / compared }) : freeEnergyBound({ ...at, delta });
  return {
    method: "without-mixing",
    assumption: lambdaFixed ? `${TRUSTED} The inverse temperature was fixed before the sample was seen.` : TRUSTED,
    bound,
    confidence: 1 - delta - deltaEvidence,
    n,
    delta,
    deltaRisk: 0,
    deltaEvidence,
    lambda,
    compared,
    lambdaFixed,
    chains: logWeights.length,
    freeEnergyUpper,
    ...(level !== undefined && { zeroOne: { level, bound: outward((level / Math.LN2) * bound) } }),
  };
}
