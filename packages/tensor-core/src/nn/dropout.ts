import { cast, mul, type Tensor } from "@tensorflow/tfjs-core";
import { bernoulli } from "../random/draw.ts";
import type { Key } from "../random/key.ts";

/**
 * y = x m / (1 − rate), m ~ Bernoulli(1 − rate) per element: the mean is x [Srivastava2014, §4, scaled in training].
 *
 * The same key drops the same elements. At rate 0 it is x itself.
 *
 * @throws RangeError unless 0 ≤ rate < 1
 * @example
 * ```ts
 * import { max, ones } from "@tensorflow/tfjs-core";
 * import { dropout, key } from "@lab/tensor-core";
 * max(dropout(key(0), ones([1000]), { rate: 0.5 })).dataSync()[0]; // => 2
 * ```
 */
export function dropout<T extends Tensor>(key: Key, x: T, { rate = 0.5 }: { readonly rate?: number } = {}): T {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`Cannot drop out: expected a rate in [0, 1), got ${rate}`);
  if (rate === 0) return x;
  return mul(x, mul(cast(bernoulli(key, 1 - rate, x.shape), "float32"), 1 / (1 - rate)));
}
