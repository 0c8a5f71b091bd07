import type { Sequence } from "@lab/tensor-core";
import { compared, type Extent, type Pair } from "./compared.ts";

/** A divergence found by enumeration, and what the enumeration did not reach. */
export type SequenceKl = {
  /** Nats per sequence: a lower bound of the whole where `unfinished` is above zero, the whole where it is zero. */
  readonly value: number;
  /** The probability, under p, of sequences longer than the cut. */
  readonly unfinished: number;
  /** How many prefixes were visited. */
  readonly prefixes: number;
};

export type SequenceKlOptions = Extent;

/**
 * KL(p ‖ q) = Σ_x p(x…) KL(p(· | x) ‖ q(· | x)) over all prefixes x, nats per sequence, by the chain rule [Cover2006, Theorem 2.5.3]; float64.
 *
 * The prefix tree of p is enumerated up to `longest` tokens. What q does after prefixes of probability zero under p costs nothing: that is where
 * models of equal likelihood may differ [Reizinger2024]. The divergence of sequences cut at a length is never above that of whole ones, so with
 * unfinished mass the value is a lower bound. It is +∞ where q excludes what p allows.
 *
 * @throws RangeError where the vocabularies differ, `end` is not in them, or `longest` is no whole number of at least 1
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { sequenceKl } from "@lab/nonident";
 * const coin = (heads: number) => tabular([[[0], heads], [[1], 1 - heads]], { vocabulary: 3, end: 2 });
 * const { value, unfinished } = await sequenceKl([coin(0.5), coin(0.25)], { end: 2, longest: 2 });
 * [value.toFixed(6), unfinished]; // => [ '0.143841', 0 ]
 * ```
 */
export async function sequenceKl([p, q]: Pair, { end, longest }: SequenceKlOptions): Promise<SequenceKl> {
  compared([p, q], { end, longest });
  const ahead: { readonly prefix: Sequence; readonly logProb: number }[] = [{ prefix: [], logProb: 0 }];
  let [value, unfinished, prefixes] = [0, 0, 0];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const { prefix, logProb } = next;
    const [ofP, ofQ] = await Promise.all([p.logProbs(prefix), q.logProbs(prefix)]);
    prefixes += 1;
    for (let token = 0; token < p.vocabulary; token++) {
      const reached = logProb + ofP[token]!;
      if (reached === -Infinity) continue;
      value += Math.exp(reached) * (ofP[token]! - ofQ[token]!);
      if (token === end) continue;
      if (prefix.length + 1 < longest) ahead.push({ prefix: [...prefix, token], logProb: reached });
      else unfinished += Math.exp(reached);
    }
  }
  return { value, unfinished, prefixes };
}
