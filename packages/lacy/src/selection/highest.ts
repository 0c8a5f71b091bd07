import { logicalAnd } from "@tensorflow/tfjs-core";
import type { CountMask } from "../evidence/count-mask.ts";
import { foremost, shareOf } from "./foremost.ts";
import type { Mask, TokenScore, TokenSelector } from "./selector.ts";

/**
 * The K tokens that score highest among the eligible ones, K = round(fraction · M), M = batch · time, or the counted positions where rows are filled up; all of them where fewer are
 * eligible.
 *
 * Exactly min(K, eligible) tokens: where scores tie, the earlier position goes first. A token whose score is NaN is never chosen. The choice does not
 * change under any strictly increasing map of the score. The shortfall of a batch with few eligible tokens is not filled.
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1; ShapeError, when it is applied, where scores and eligible tokens differ in shape
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { every, highest, ownLoss } from "@lab/lacy";
 * highest(ownLoss, { among: every, fraction: 0.5 })({ loss: tensor2d([[3, 1, 2, 2]]) }).dataSync(); // => Uint8Array(4) [ 1, 0, 1, 0 ]
 * ```
 */
export function highest<Score, Eligible>(
  score: TokenScore<Score>,
  { among, fraction }: { readonly among: TokenSelector<Eligible>; readonly fraction: number },
): TokenSelector<Score & Eligible & CountMask> {
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`Cannot select tokens: expected a fraction in [0, 1], got ${fraction}`);
  return (evidence) => {
    const scores = score(evidence);
    const { counted } = evidence;
    const eligible = among(evidence);
    return foremost(scores, {
      among: counted === undefined ? eligible : (logicalAnd(eligible, counted) as Mask),
      count: shareOf(scores, { fraction, counted }),
    });
  };
}
