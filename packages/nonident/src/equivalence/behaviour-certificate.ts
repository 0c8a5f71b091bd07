import type { LogProbs } from "@lab/tensor-core";

/** A bound on the total variation above this says next to nothing, and is not given. */
const HOLLOW = 0.99;

export type BehaviourCertificateOptions = {
  /** The probability, under p, that a sequence begins with the prompt. */
  readonly probability: number;
  /** p(· | prompt), if the arg-max is asked for too. */
  readonly next?: LogProbs;
};

/** What a small divergence says of one prompt; undefined where it says nothing. */
export type BehaviourCertificate = {
  /** KL(p(· | x) ‖ q(· | x)) ≤ ε/p(x…), nats, of the next token and of the whole completion. */
  readonly kl: number | undefined;
  /** TV(p(· | x), q(· | x)) is at most this, the smaller of two bounds; undefined where they say no more than 1. */
  readonly tv: number | undefined;
  /** Whether q's likeliest token is certainly p's; undefined where nothing is certain. */
  readonly argMaxAgrees: true | undefined;
};

/**
 * From KL(p ‖ q) ≤ ε, for a prompt x: KL(p(· | x) ‖ q(· | x)) ≤ ε/p(x…), hence TV ≤ min(√(ε/2p(x…)), √(1 − e^{−ε/p(x…)})) [Cover2006, Lemma 11.6.1]
 * [Bretagnolle1979], and the arg-max agrees where p(x…) > 2ε/m², m the margin of p's two likeliest tokens.
 *
 * For a prompt of probability zero, and for rare ones, nothing is certified, and the fields are undefined: there two models of one likelihood may
 * differ as they like.
 *
 * @throws RangeError unless epsilon is at least 0 and the probability is in [0, 1]
 * @example
 * ```ts
 * import { behaviourCertificate } from "@lab/nonident";
 * [0.5, 0.001, 0].map((probability) => behaviourCertificate(0.01, { probability }).tv?.toFixed(4)); // => [ '0.1000', undefined, undefined ]
 * ```
 */
export function behaviourCertificate(epsilon: number, { probability, next }: BehaviourCertificateOptions): BehaviourCertificate {
  if (!(epsilon >= 0)) throw new RangeError(`Cannot certify a behaviour: expected an epsilon of at least 0, got ${epsilon}`);
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`Cannot certify a behaviour: expected a probability in [0, 1], got ${probability}`);
  if (probability === 0 || epsilon === Infinity) return { kl: undefined, tv: undefined, argMaxAgrees: undefined };
  const kl = epsilon / probability;
  // The second is below 1 for every finite divergence, yet rounds to 1 where it is hollow.
  const tv = Math.min(Math.sqrt(kl / 2), Math.sqrt(-Math.expm1(-kl)));
  const [first = 0, second = 0] = Array.from(next ?? [], Math.exp).sort((x, y) => y - x);
  const agrees = next !== undefined && probability * (first - second) ** 2 > 2 * epsilon;
  return { kl, tv: tv <= HOLLOW ? tv : undefined, argMaxAgrees: agrees ? true : undefined };
}

/**
 * ε/(2τ²): the least probability of a prompt at which KL(p ‖ q) ≤ ε still guarantees TV(p(· | x), q(· | x)) ≤ τ by Pinsker's inequality.
 *
 * @throws RangeError unless epsilon is at least 0 and tau in (0, 1]
 * @example
 * ```ts
 * import { leastCertified } from "@lab/nonident";
 * leastCertified(0.01, { tau: 0.1 }).toFixed(6); // => '0.500000'
 * ```
 */
export function leastCertified(epsilon: number, { tau }: { readonly tau: number }): number {
  if (!(epsilon >= 0 && tau > 0 && tau <= 1))
    throw new RangeError(`Cannot certify a behaviour: expected tau in (0, 1] and an epsilon of at least 0, got ${tau} and ${epsilon}`);
  return epsilon / (2 * tau * tau);
}
