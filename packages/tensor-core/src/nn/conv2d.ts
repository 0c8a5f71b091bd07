import { add, conv2d as convolved, zeros, type Tensor, type Tensor1D, type Tensor4D } from "@tensorflow/tfjs-core";
import { ShapeError } from "../shapes.ts";
import { checkedSize } from "./dense.ts";
import { heNormal, type Initializer } from "./initializer.ts";
import type { Model } from "./model.ts";

/** Weights [height, width, input, output] and bias [output]. */
export type Conv2dParams = { readonly kernel: Tensor4D; readonly bias: Tensor1D };

export type Conv2dOptions = {
  /** The side of the window, pixels, or both sides. */
  readonly window: number | readonly [height: number, width: number];
  readonly stride?: number;
  /** Zeros around the image, so that it keeps its size at stride 1, or none. */
  readonly padding?: "same" | "valid";
  readonly kernel?: Initializer;
};

/**
 * y[h, w, o] = b[o] + Σ_{i, j, c} x[h s + i − p, w s + j − p, c] W[i, j, c, o]: a cross-correlation of stride s, as the field calls convolution [LeCun1998].
 *
 * [batch, height, width, input] → [batch, height', width', output].
 *
 * @throws RangeError for a size that is none; ShapeError unless the input has four axes, the last of `inputs`
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { conv2d, key } from "@lab/tensor-core";
 * const layer = conv2d(1, 6, { window: 5, padding: "valid" });
 * layer.apply(layer.init(key(0)), zeros([2, 28, 28, 1])).shape; // => [ 2, 24, 24, 6 ]
 * ```
 */
export function conv2d(inputs: number, outputs: number, { window, stride = 1, padding = "same", kernel = heNormal }: Conv2dOptions): Model<Conv2dParams> {
  const [height, width] = typeof window === "number" ? [window, window] : window;
  for (const [name, size] of Object.entries({ inputs, outputs, height, width, stride })) checkedSize("a convolution", name, size);
  return {
    init: (key) => ({ kernel: kernel(key, [height, width, inputs, outputs]) as Tensor4D, bias: zeros([outputs]) }),
    apply(params, x: Tensor) {
      if (x.rank !== 4 || x.shape[3] !== inputs)
        throw new ShapeError(`Cannot apply conv2d: expected a tensor of shape [batch, height, width, ${inputs}], got [${x.shape.join(", ")}]`);
      return add(convolved(x as Tensor4D, params.kernel, stride, padding), params.bias);
    },
  };
}
