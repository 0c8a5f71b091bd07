import { normalLike } from "@lab/tensor-core";
import type { Direction } from "./direction.ts";

/**
 * u = z ~ N(0, I): the reparametrisation of mean-field VI [Kingma2014, §2.4; Ujvary2022]; E‖u‖² = D.
 *
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key, meanField } from "@lab/tensor-core";
 * import { gaussian } from "@lab/sam-vi";
 * const q = meanField({ w: zeros([3]) }, { scale: 0.1 });
 * gaussian()(key(0), q, () => q.mean).w.shape; // => [ 3 ]
 * ```
 */
export function gaussian(): Direction {
  return (key, { mean }) => normalLike(key, mean);
}
