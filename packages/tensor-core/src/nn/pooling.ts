import { avgPool, maxPool as pooled, type Tensor4D } from "@tensorflow/tfjs-core";
import { axes } from "../shapes.ts";
import { checkedSize } from "./dense.ts";

/** The side of the window, and how far it moves: by default its side, so that windows do not overlap. */
export type PoolingOptions = { readonly window?: number; readonly stride?: number };

/**
 * The largest value of each window: [batch, height, width, channel] → [batch, height', width', channel], without padding [Riesenhuber1999].
 *
 * @throws RangeError for a size that is none; ShapeError unless x has four axes
 * @example
 * ```ts
 * import { tensor4d } from "@tensorflow/tfjs-core";
 * import { maxPool } from "@lab/tensor-core";
 * maxPool(tensor4d([[[[1], [2]], [[3], [4]]]])).dataSync(); // => Float32Array(1) [ 4 ]
 * ```
 */
export function maxPool(x: Tensor4D, { window = 2, stride = window }: PoolingOptions = {}): Tensor4D {
  axes("maxPool", [x, "batch height width channel"]);
  return pooled(x, checkedSize("max pooling", "window", window), checkedSize("max pooling", "stride", stride), "valid");
}

/**
 * The mean of each window: [batch, height, width, channel] → [batch, height', width', channel], without padding [LeCun1998].
 *
 * @throws RangeError for a size that is none; ShapeError unless x has four axes
 * @example
 * ```ts
 * import { tensor4d } from "@tensorflow/tfjs-core";
 * import { averagePool } from "@lab/tensor-core";
 * averagePool(tensor4d([[[[1], [2]], [[3], [4]]]])).dataSync(); // => Float32Array(1) [ 2.5 ]
 * ```
 */
export function averagePool(x: Tensor4D, { window = 2, stride = window }: PoolingOptions = {}): Tensor4D {
  axes("averagePool", [x, "batch height width channel"]);
  return avgPool(x, checkedSize("average pooling", "window", window), checkedSize("average pooling", "stride", stride), "valid");
}
