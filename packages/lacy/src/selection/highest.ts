import {
  cast,
  cumsum,
  fill,
  gather,
  isNaN,
  lessEqual,
  logicalAnd,
  logicalNot,
  reshape,
  topk,
  unsortedSegmentSum,
  where,
  type Tensor1D,
} from "@tensorflow/tfjs-core";
import { axes } from "@lab/tensor-core";
import type { Mask, TokenScore, TokenSelector } from "./selector.ts";

/**
 * The K tokens that score highest among the eligible ones, K = round(fraction · M), M = batch · time; all of them where fewer are eligible.
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
): TokenSelector<Score & Eligible> {
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`Cannot select tokens: expected a fraction in [0, 1], got ${fraction}`);
  return (evidence) => {
    const [scores, candidates] = [score(evidence), among(evidence)];
    const { batch, time } = axes("highest", [scores, "batch time"], [candidates, "batch time"]);
    const count = batch * time;
    const flat = reshape(scores, [count]);
    const broken = isNaN(flat);
    const eligible = logicalAnd(reshape(candidates, [count]), logicalNot(broken));
    // The order of all positions, not the K-th value: values tie, positions do not, and a score of −∞ may be eligible.
    const order = topk(where(broken, fill([count], -Infinity), flat), count).indices as Tensor1D;
    const isEligible = cast(gather(eligible, order), "float32");
    const chosen = logicalAnd(cast(isEligible, "bool"), lessEqual(cumsum(isEligible), Math.round(fraction * count)));
    return cast(reshape(unsortedSegmentSum(cast(chosen, "float32"), order, count), [batch, time]), "bool") as Mask;
  };
}
