import {
  add,
  cast,
  customGrad,
  div,
  equal,
  exp,
  expandDims,
  max,
  mul,
  neg,
  range,
  square,
  sub,
  sum,
  type GradSaveFunc,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { axes } from "@lab/tensor-core";

/**
 * ℓ = (1 − p_y)²: the Savage loss of the softmax probability of the right class, in [0, 1] and smooth [MasnadiShirazi2008].
 *
 * Bounds for losses in [0, 1] hold as they stand. An error implies p_y ≤ ½, so that 1{error} ≤ 4ℓ. Its gradient vanishes where an example is wrong by far,
 * which makes it robust to labels of noise and slow from a bad start.
 *
 * Logits [chain, class, example], labels [example], int32. Returns the loss of each example, [chain, example].
 *
 * @throws ShapeError if labels and logits disagree
 * @example
 * ```ts
 * import { tensor1d, tensor3d } from "@tensorflow/tfjs-core";
 * import { savage } from "@lab/pacbayes";
 * savage(tensor3d([[[0, 50], [0, 0]]]), tensor1d([1, 1], "int32")).dataSync(); // => Float32Array(2) [ 0.25, 1 ]
 * ```
 */
export function savage(logits: Tensor, labels: Tensor): Tensor {
  const { class: classes } = axes("savage", [logits, "chain class example"], [labels, "example"]);
  const target = cast(equal(expandDims(range(0, classes, 1, "int32"), 1), expandDims(labels, 0)), "float32");
  const loss = customGrad((x, save) => {
    const shifted = exp(sub(x as Tensor, max(x as Tensor, 1, true)));
    const p = div(shifted, sum(shifted, 1, true));
    const right = sum(mul(p, target), 1, true);
    // The sum of the other probabilities: 1 − p_y would lose its digits where p_y is near 1.
    const wrong = sum(mul(p, sub(1, target)), 1, true);
    (save as GradSaveFunc)([p, right, wrong, target]);
    // ∂ℓ/∂xₖ = −2 (1 − p_y) p_y (1{k = y} − pₖ)
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [p, right, wrong, target] = saved as [Tensor, Tensor, Tensor, Tensor];
      return mul(mul(dy, mul(mul(right, wrong), 2)), add(p, neg(target)));
    };
    return { value: square(wrong), gradFunc };
  });
  return sum(loss(logits), 1);
}
