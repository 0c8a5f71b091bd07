import { add, matMul, reshape, sum, zeros, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { isWorthOwnProduct } from "../engine/own-product.ts";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { ShapeError } from "../shapes.ts";
import { glorotUniform, type Initializer } from "./initializer.ts";
import type { Model } from "./model.ts";
import { withGradient } from "./with-gradient.ts";

/** W [input, output] and b [output]. */
export type DenseParams = { readonly kernel: Tensor2D; readonly bias: Tensor1D };

/** A layer's width must be a whole number. */
export function checkedSize(caller: string, name: string, size: number): number {
  if (!(Number.isInteger(size) && size >= 1))
    throw new RangeError(`Cannot lay out ${caller}: expected ${name} to be a whole number of at least 1, got ${size}`);
  return size;
}

/**
 * y = x W + b over the last axis, [..., input] → [..., output]; the axes before it are one matrix product's rows.
 *
 * @throws RangeError for a size that is none; ShapeError when an input's last axis is not `inputs`
 * @example
 * ```ts
 * import { ones } from "@tensorflow/tfjs-core";
 * import { dense, key } from "@lab/tensor-core";
 * const layer = dense(3, 2);
 * layer.apply(layer.init(key(0)), ones([5, 3])).shape; // => [ 5, 2 ]
 * ```
 */
export function dense(inputs: number, outputs: number, { kernel = glorotUniform }: { readonly kernel?: Initializer } = {}): Model<DenseParams> {
  checkedSize("a dense layer", "inputs", inputs);
  checkedSize("a dense layer", "outputs", outputs);
  return {
    init: (key) => ({ kernel: kernel(key, [inputs, outputs]) as Tensor2D, bias: zeros([outputs]) }),
    apply(params, x) {
      return affine(x, params);
    },
  };
}

const inOnePass = withGradient(([x, kernel, bias], save) => {
  save([x!, kernel!]);
  return {
    value: ownOperation("LabAffine", [x!, kernel!, bias!])[0]!,
    gradFunc: (dy, [x, kernel]) => [matMul(dy, kernel!, false, true), matMul(x!, dy, true), sum(dy, 0)],
  };
});

/** x W + b over the last axis, [..., input] → [..., output]. */
export function affine(x: Tensor, { kernel, bias }: DenseParams): Tensor {
  const [inputs, outputs] = kernel.shape;
  if (x.shape.at(-1) !== inputs || !hasOwnOperations() || !isWorthOwnProduct(x.size / inputs, outputs, inputs)) return add(linear(x, kernel), bias);
  const rows = inOnePass(reshape(x, [x.size / inputs, inputs]), kernel, bias);
  return reshape(rows, [...x.shape.slice(0, -1), outputs]);
}

/** x W over the last axis, [..., input] → [..., output]. */
export function linear(x: Tensor, kernel: Tensor2D): Tensor {
  const [inputs, outputs] = kernel.shape;
  if (x.shape.at(-1) !== inputs) throw new ShapeError(`Cannot apply a dense layer: expected a tensor of shape [..., ${inputs}], got [${x.shape.join(", ")}]`);
  if (x.rank === 2) return matMul(x, kernel);
  return reshape(matMul(reshape(x, [x.size / inputs, inputs]), kernel), [...x.shape.slice(0, -1), outputs]);
}
