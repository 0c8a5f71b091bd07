import { foldIn, type Key, type Token } from "@lab/tensor-core";
import { compared, tokenKl, type Extent, type Pair } from "./compared.ts";
import { drawnSequence } from "./drawn-sequence.ts";

/** What sequences drawn from p say of both models. */
export type LogRatioDraws = {
  /** ln p(y)/q(y) of each draw, nats per sequence: +∞ where q excludes it. */
  readonly logRatios: Float64Array;
  /** Σₜ KL(p(· | y₍<t₎) ‖ q(· | y₍<t₎)) along each draw, nats per sequence. */
  readonly conditionalKls: Float64Array;
  /** Tokens of each draw, the end symbol counted. */
  readonly lengths: Float64Array;
  /** How many draws were cut at `longest`: their share estimates the probability that the cut loses. */
  readonly unfinished: number;
};

export type LogRatioDrawsOptions = Extent & {
  readonly draws: number;
  /** Called after every draw. */
  readonly progress?: (done: number) => void;
};

/**
 * y₁ … yₙ ~ p with the log-ratio ln p(y)/q(y) and the sum of conditional divergences of each: what the Monte Carlo estimators of divergences are made of.
 *
 * Draw i depends on the key and i alone, so that more draws extend fewer. Sequences are cut at `longest` tokens; all values are those of cut sequences.
 *
 * @throws RangeError where the models cannot be compared, or draws is no whole number of at least 1
 * @example
 * ```ts
 * import { key, tabular } from "@lab/tensor-core";
 * import { logRatioDraws } from "@lab/nonident";
 * const coin = (heads: number) => tabular([[[0], heads], [[1], 1 - heads]], { vocabulary: 3, end: 2 });
 * const { conditionalKls, unfinished } = await logRatioDraws(key(0), [coin(0.5), coin(0.25)], { end: 2, longest: 2, draws: 2 });
 * [...conditionalKls].map((kl) => kl.toFixed(6)).concat(String(unfinished)); // => [ '0.143841', '0.143841', '0' ]
 * ```
 */
export async function logRatioDraws(key: Key, [p, q]: Pair, { end, longest, draws, progress }: LogRatioDrawsOptions): Promise<LogRatioDraws> {
  compared([p, q], { end, longest });
  if (!(Number.isInteger(draws) && draws >= 1)) throw new RangeError(`Cannot estimate a divergence: expected at least 1 draw, got ${draws}`);
  const [logRatios, conditionalKls, lengths] = [new Float64Array(draws), new Float64Array(draws), new Float64Array(draws)];
  let unfinished = 0;
  for (let i = 0; i < draws; i++) {
    const { sequence, finished } = await drawnSequence(foldIn(key, i), p, { end, longest });
    const tokens: readonly Token[] = finished && end !== undefined ? [...sequence, end] : sequence;
    for (let t = 0; t < tokens.length; t++) {
      const prefix = sequence.slice(0, t);
      const [ofP, ofQ] = await Promise.all([p.logProbs(prefix), q.logProbs(prefix)]);
      logRatios[i]! += ofP[tokens[t]!]! - ofQ[tokens[t]!]!;
      conditionalKls[i]! += tokenKl(ofP, ofQ);
    }
    lengths[i] = tokens.length;
    unfinished += Number(!finished);
    progress?.(i + 1);
  }
  return { logRatios, conditionalKls, lengths, unfinished };
}
