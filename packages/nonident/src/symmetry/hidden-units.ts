import { div, gather, mul, reshape, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { ShapeError, type DenseParams } from "@lab/tensor-core";

/** A layer and the one that reads it, W₁ [input, hidden], b₁ [hidden], W₂ [hidden, output], b₂ [output]: f(x) = W₂ᵀ relu(W₁ᵀ x + b₁) + b₂. */
export type HiddenLayer = { readonly up: DenseParams; readonly down: DenseParams };

function checked(caller: string, { up, down }: HiddenLayer, each: Tensor): void {
  const hidden = up.kernel.shape[1];
  if (down.kernel.shape[0] !== hidden || each.rank !== 1 || each.shape[0] !== hidden)
    throw new ShapeError(
      `Cannot ${caller} hidden units: expected one number for each of ${hidden} units that ${down.kernel.shape[0]} rows read, got [${each.shape.join(", ")}]`,
    );
}

/**
 * W₁ → W₁ diag(a), b₁ → a ⊙ b₁, W₂ → diag(1/a) W₂ with a > 0: the same function of a ReLU layer, since relu(a z) = a relu(z) [Dinh2017].
 *
 * No isometry unless a = 1: in the old coordinates the learning rate of a step of gradient descent is divided by a² on W₁ and b₁ and multiplied by a² on
 * W₂; of Adam, by a. Factors [hidden] are not read: a caller sees to it that they are positive. Equal up to rounding, exactly for powers of two.
 *
 * @throws ShapeError unless there is one factor for each unit
 * @example
 * ```ts
 * import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
 * import { rescaledUnits } from "@lab/nonident";
 * const layer = { up: { kernel: tensor2d([[1]]), bias: tensor1d([2]) }, down: { kernel: tensor2d([[8]]), bias: tensor1d([0]) } };
 * const { up, down } = rescaledUnits(layer, tensor1d([4]));
 * [up.kernel, up.bias, down.kernel].map((x) => x.dataSync()[0]); // => [ 4, 8, 2 ]
 * ```
 */
export function rescaledUnits({ up, down }: HiddenLayer, factors: Tensor1D): HiddenLayer {
  checked("rescale", { up, down }, factors);
  return {
    up: { kernel: mul(up.kernel, factors), bias: mul(up.bias, factors) },
    down: { kernel: div(down.kernel, reshape(factors, [factors.size, 1])) as Tensor2D, bias: down.bias },
  };
}

/**
 * W₁ → W₁ P, b₁ → Pᵀ b₁, W₂ → Pᵀ W₂: the hidden units in another order, the same function.
 *
 * An isometry that also permutes coordinates: gradient descent and Adam commute with it. `order` [hidden] is a permutation, int32; it is not read.
 *
 * @throws ShapeError unless there is one place for each unit
 * @example
 * ```ts
 * import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
 * import { permutedUnits } from "@lab/nonident";
 * const layer = { up: { kernel: tensor2d([[1, 2]]), bias: tensor1d([3, 4]) }, down: { kernel: tensor2d([[5], [6]]), bias: tensor1d([0]) } };
 * permutedUnits(layer, tensor1d([1, 0], "int32")).down.kernel.dataSync(); // => Float32Array(2) [ 6, 5 ]
 * ```
 */
export function permutedUnits({ up, down }: HiddenLayer, order: Tensor1D): HiddenLayer {
  checked("permute", { up, down }, order);
  return { up: { kernel: gather(up.kernel, order, 1), bias: gather(up.bias, order) }, down: { kernel: gather(down.kernel, order), bias: down.bias } };
}
