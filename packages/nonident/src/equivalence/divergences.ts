import type { Sequence } from "@lab/tensor-core";
import { compared, klTerm, type Extent, type Pair } from "./compared.ts";

/** Divergences of two distributions over sequences, nats where they have a unit. */
export type Divergences = {
  /** KL(p ‖ q), nats per sequence. */
  readonly kl: number;
  /** KL(q ‖ p), nats per sequence. */
  readonly reverseKl: number;
  /** KL(p ‖ q) over the mean number of tokens under p, the end symbol counted: nats per token. */
  readonly klPerToken: number;
  /** ½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q)/2 over whole sequences: nats, at most ln 2. */
  readonly js: number;
  /** ½ Σ |p − q|, in [0, 1]. */
  readonly tv: number;
  /** ½ Σ (√p − √q)² = 1 − Σ √(p q), in [0, 1]: the ½ is in. */
  readonly squaredHellinger: number;
  /** Σ p²/q − 1, in [0, ∞]. */
  readonly chiSquared: number;
  /** (α − 1)⁻¹ ln Σ p^α q^(1 − α), nats. */
  readonly renyi: number;
  /** The mean number of tokens of a sequence under p, the end symbol counted, of sequences cut at `longest`. */
  readonly meanLength: number;
  /** The probability of sequences that were cut, under p and under q. */
  readonly unfinished: readonly [p: number, q: number];
  /** How many prefixes were visited. */
  readonly prefixes: number;
};

export type DivergencesOptions = Extent & {
  /** The order of the Rényi divergence, above 0 and not 1. */
  readonly alpha?: number;
  /** The most prefixes to visit: a model that excludes nothing has V^longest of them. */
  readonly most?: number;
};

/**
 * Every divergence of two sequence models at once, by enumeration of the prefixes that either allows; float64.
 *
 * Sequences longer than `longest` count as one outcome each, their prefix: each value is then that of the cut sequences, which by data processing is
 * never above that of whole ones [Csiszar1967]. With `unfinished` zero it is exact. For the total variation the whole lies within
 * [tv, tv + min(unfinished)]: at most so much can be hidden in what both leave unfinished. The others have no such bound without one on p/q in the tail.
 *
 * @throws RangeError where the vocabularies differ, `end` is not in them, `longest` is no whole number of at least 1, alpha is not above 0 or is 1, or there are
 * more than `most` prefixes to visit
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { divergences } from "@lab/nonident";
 * const of = (a: number, b: number, c: number) => tabular([[[0], a], [[1], b], [[0, 1], c]], { vocabulary: 3, end: 2 });
 * const { kl, reverseKl, js, tv } = await divergences([of(0.5, 0.3, 0.2), of(0.4, 0.4, 0.2)], { end: 2, longest: 3 });
 * [kl, reverseKl, js, tv].map((d) => d.toFixed(6)); // => [ '0.025267', '0.025815', '0.006367', '0.100000' ]
 * ```
 */
export async function divergences([p, q]: Pair, { end, longest, alpha = 2, most = 2 ** 22 }: DivergencesOptions): Promise<Divergences> {
  compared([p, q], { end, longest });
  if (!(alpha > 0 && Number.isFinite(alpha) && alpha !== 1))
    throw new RangeError(`Cannot take a Rényi divergence: expected an order above 0 other than 1, got ${alpha}`);
  const ahead: { readonly prefix: Sequence; readonly ofP: number; readonly ofQ: number }[] = [{ prefix: [], ofP: 0, ofQ: 0 }];
  let [kl, reverseKl, js, tv, hellinger, chiSquared, power, meanLength, prefixes] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const unfinished: [number, number] = [0, 0];
  const outcome = (logP: number, logQ: number, length: number): void => {
    const [atP, atQ] = [Math.exp(logP), Math.exp(logQ)];
    const middle = Math.max(logP, logQ) + Math.log1p(Math.exp(-Math.abs(logP - logQ))) - Math.LN2;
    // Of sums KL is Σ p ln p/q + q − p: each term is not negative, so that nothing cancels.
    kl += klTerm(logP, logQ) + (atQ - atP);
    reverseKl += klTerm(logQ, logP) + (atP - atQ);
    const mean = Math.exp(middle);
    js += (klTerm(logP, middle) + (mean - atP) + klTerm(logQ, middle) + (mean - atQ)) / 2;
    tv += Math.abs(atP - atQ) / 2;
    hellinger += (Math.sqrt(atP) - Math.sqrt(atQ)) ** 2 / 2;
    chiSquared += logQ === -Infinity ? Infinity : (atP - atQ) ** 2 / atQ;
    if (logP !== -Infinity) power += logQ === -Infinity ? (alpha > 1 ? Infinity : 0) : Math.exp(alpha * logP + (1 - alpha) * logQ);
    meanLength += atP * length;
  };
  for (let top = ahead.pop(); top !== undefined; top = ahead.pop()) {
    const { prefix, ofP, ofQ } = top;
    prefixes += 1;
    if (prefixes > most)
      throw new RangeError(`Cannot enumerate sequences: expected at most ${most} prefixes, got more; cut them shorter, or estimate from draws`);
    const [nextP, nextQ] = await Promise.all([p.logProbs(prefix), q.logProbs(prefix)]);
    for (let token = 0; token < p.vocabulary; token++) {
      // After a prefix of probability zero the conditionals are free, and the sequences still have probability zero.
      const [logP, logQ] = [ofP + nextP[token]!, ofQ + nextQ[token]!];
      // So have those whose probability is below the least float64.
      if (Math.exp(logP) === 0 && Math.exp(logQ) === 0) continue;
      if (token !== end && prefix.length + 1 < longest) {
        ahead.push({ prefix: [...prefix, token], ofP: logP, ofQ: logQ });
        continue;
      }
      outcome(logP, logQ, prefix.length + 1);
      if (token !== end) {
        unfinished[0] += Math.exp(logP);
        unfinished[1] += Math.exp(logQ);
      }
    }
  }
  return {
    kl,
    reverseKl,
    klPerToken: kl / meanLength,
    // Rounding alone exceeds the bound.
    js: Math.min(js, Math.LN2),
    tv,
    squaredHellinger: hellinger,
    chiSquared,
    renyi: Math.log(power) / (alpha - 1),
    meanLength,
    unfinished,
    prefixes,
  };
}
