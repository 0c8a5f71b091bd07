import { argMax, cumsum, expandDims, gather, less, mul, reshape, softmax, topk, where, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { categorical } from "../random/draw.ts";
import type { Key } from "../random/key.ts";
import { axes } from "../shapes.ts";

export type SampledOptions = {
  /** What the logits are divided by: 0 takes the likeliest token, 1 the model's own probabilities. */
  readonly temperature?: number;
  /** Only so many of the likeliest tokens [Fan2018, §5.3]. */
  readonly topK?: number;
  /** Only the likeliest tokens up to the one with which their probabilities reach this [Holtzman2020, §3.1]. */
  readonly topP?: number;
};

/**
 * One token of each stream, drawn with probability softmax(logits / temperature) among the tokens that topK and then topP leave: int32 [stream].
 *
 * `logits` [stream, vocabulary]. Of equal logits the earlier token goes first. The likeliest token is never left out. The probabilities of topP are those
 * after temperature and topK. The streams draw independently from one key.
 *
 * @throws RangeError unless temperature ≥ 0, topK is a whole number of at least 1 and 0 < topP ≤ 1; ShapeError unless logits are [stream, vocabulary]
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { key, sampled } from "@lab/tensor-core";
 * sampled(key(0), tensor2d([[0, 5, 1]]), { temperature: 0 }).dataSync()[0]; // => 1
 * ```
 */
export function sampled(key: Key, logits: Tensor2D, { temperature = 1, topK, topP = 1 }: SampledOptions = {}): Tensor1D {
  const { vocabulary } = axes("sampled", [logits, "stream vocabulary"]);
  if (!(temperature >= 0 && temperature < Infinity)) throw new RangeError(`Cannot sample: expected a temperature in [0, ∞), got ${temperature}`);
  if (!(topK === undefined || (Number.isInteger(topK) && topK >= 1)))
    throw new RangeError(`Cannot sample: expected topK to be a whole number of at least 1, got ${topK}`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`Cannot sample: expected topP in (0, 1], got ${topP}`);
  if (temperature === 0 || topK === 1) return argMax(logits, -1);
  const scaled: Tensor = mul(logits, 1 / temperature);
  const kept = Math.min(topK ?? vocabulary, vocabulary);
  if (kept === vocabulary && topP === 1) return categorical(key, scaled) as Tensor1D;
  const { values, indices } = topk(scaled, kept);
  // The probability of all likelier tokens: a token stays while it is below topP, so the first always does.
  const among = topP === 1 ? values : where(less(cumsum(softmax(values), -1, true), topP), values, -Infinity);
  return reshape(gather(indices, expandDims(categorical(key, among), 1), 1, 1), [logits.shape[0]]);
}
