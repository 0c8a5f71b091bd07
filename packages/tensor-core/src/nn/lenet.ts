import { reshape, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import { split } from "../random/split.ts";
import { axes } from "../shapes.ts";
import { relu } from "./activation.ts";
import { conv2d, type Conv2dParams } from "./conv2d.ts";
import { mlp, type MlpParams } from "./mlp.ts";
import type { Model } from "./model.ts";
import { maxPool } from "./pooling.ts";

/** Two convolutions and three dense layers. */
export type LenetParams = { readonly first: Conv2dParams; readonly second: Conv2dParams; readonly head: MlpParams };

/**
 * LeNet-5 on 28 × 28 images with ReLU and max pooling [LeCun1998, Figure 2]: 5 × 5 × 6, pool, 5 × 5 × 16, pool, 400-120-84-classes.
 *
 * [batch, 28, 28, 1] → logits [batch, class]. 61 706 parameters for ten classes.
 *
 * @throws ShapeError unless the input is [batch, 28, 28, 1]; RangeError for a number of classes that is none
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key, lenet, size } from "@lab/tensor-core";
 * const network = lenet();
 * const params = network.init(key(0));
 * [size(params), network.apply(params, zeros([2, 28, 28, 1])).shape]; // => [ 61706, [ 2, 10 ] ]
 * ```
 */
export function lenet({ classes = 10 }: { readonly classes?: number } = {}): Model<LenetParams> {
  const first = conv2d(1, 6, { window: 5, padding: "same" });
  const second = conv2d(6, 16, { window: 5, padding: "valid" });
  const head = mlp([5 * 5 * 16, 120, 84, classes]);
  // ReLU and max commute: pooling first leaves a quarter of the elements to ReLU.
  const block = (x: Tensor): Tensor => relu(maxPool(x as Tensor4D));
  return {
    init(key) {
      const [a, b, c] = split(key, 3);
      return { first: first.init(a!), second: second.init(b!), head: head.init(c!) };
    },
    apply(params, x) {
      const { batch } = axes("lenet", [x, "batch 28 28 1"]);
      const features = block(second.apply(params.second, block(first.apply(params.first, x))));
      return head.apply(params.head, reshape(features, [batch, 5 * 5 * 16]));
    },
  };
}
