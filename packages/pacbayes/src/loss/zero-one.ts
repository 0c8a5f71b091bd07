import { argMax, cast, expandDims, notEqual, type Tensor } from "@tensorflow/tfjs-core";
import { axes } from "@lab/tensor-core";

/**
 * ℓ = 1{arg max_k x_k ≠ y}: whether an example is misclassified; the first of equal logits counts. It has no gradient.
 *
 * A Gibbs posterior of a smooth loss has a zero-one certificate too: its zero-one risk with the same KL.
 *
 * Logits [chain, class, example], labels [example]; returns [chain, example], 0 or 1. NaN logits of all classes count by the first one: a chain of NaN is
 * rejected by its energy, not by this loss.
 *
 * @throws ShapeError if labels and logits disagree
 * @example
 * ```ts
 * import { tensor1d, tensor3d } from "@tensorflow/tfjs-core";
 * import { zeroOne } from "@lab/pacbayes";
 * zeroOne(tensor3d([[[0, 5], [1, 0]]]), tensor1d([1, 1], "int32")).dataSync(); // => Float32Array(2) [ 0, 1 ]
 * ```
 */
export function zeroOne(logits: Tensor, labels: Tensor): Tensor {
  axes("zeroOne", [logits, "chain class example"], [labels, "example"]);
  return cast(notEqual(argMax(logits, 1), expandDims(cast(labels, "int32"), 0)), "float32");
}
