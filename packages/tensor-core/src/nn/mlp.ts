import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import { split } from "../random/split.ts";
import { relu, type Activation } from "./activation.ts";
import { dense, type DenseParams } from "./dense.ts";
import { heNormal, type Initializer } from "./initializer.ts";
import type { Model } from "./model.ts";

/** One layer after another. */
export type MlpParams = { readonly layers: readonly DenseParams[] };

/**
 * A multilayer perceptron: x ↦ W_L φ(… φ(W₁ x + b₁) …) + b_L, [batch, ...] → [batch, output]. `sizes` runs from the inputs to the outputs.
 *
 * Axes after the first are flattened, so that images go in as they are.
 *
 * @throws RangeError for fewer than two sizes or one that is no size; ShapeError when an input's size is not sizes[0]
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key, mlp, size } from "@lab/tensor-core";
 * const network = mlp([784, 100, 10]);
 * const params = network.init(key(0));
 * [size(params), network.apply(params, zeros([5, 28, 28, 1])).shape]; // => [ 79510, [ 5, 10 ] ]
 * ```
 */
export function mlp(
  sizes: readonly number[],
  { activation = relu, kernel = heNormal }: { readonly activation?: Activation; readonly kernel?: Initializer } = {},
): Model<MlpParams> {
  if (sizes.length < 2) throw new RangeError(`Cannot lay out an mlp: expected at least the sizes of inputs and outputs, got [${sizes.join(", ")}]`);
  const layers = sizes.slice(1).map((outputs, i) => dense(sizes[i]!, outputs, { kernel }));
  return {
    init(key) {
      const keys = split(key, layers.length);
      return { layers: layers.map((layer, i) => layer.init(keys[i]!)) };
    },
    apply(params, x) {
      const rows: Tensor = x.rank === 2 ? x : reshape(x, [x.shape[0] ?? 1, x.shape.slice(1).reduce((n, size) => n * size, 1)]);
      return layers.reduce((h, layer, i) => layer.apply(params.layers[i]!, i === 0 ? h : activation(h)), rows);
    },
  };
}
