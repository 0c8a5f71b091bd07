import { add, cast, customGrad, div, equal, exp, expandDims, log, max, mul, neg, range, sub, sum, type GradSaveFunc, type Tensor } from "@tensorflow/tfjs-core";
import { axes } from "@lab/tensor-core";

/** Losses at most 1 that differ from a cross entropy by a constant factor where the right class is likely. */
export type BoundedCrossEntropyOptions = { readonly level?: number };

/**
 * ℓ = −ln ψ(p_y) / L, ψ(p) = e^{−L} + (1 − 2e^{−L}) p: the smooth bounded cross entropy [Maurer2025, §5].
 *
 * Smooth in the logits, in [−ln(1 − e^{−L})/L, 1], so that bounds for losses in [0, 1] hold and Hamiltonian dynamics see no kink. An error implies
 * p_y ≤ ½ = ψ(½), so that 1{error} ≤ ℓ L / ln 2.
 *
 * Logits [chain, class, example], classes before examples: with weights stored [chain, output, input] no gradient of a network transposes anything.
 * Labels [example], int32. Returns the loss of each example, [chain, example].
 *
 * @throws ShapeError if labels and logits disagree; RangeError unless L > ln 2
 * @example
 * ```ts
 * import { tensor1d, tensor3d } from "@tensorflow/tfjs-core";
 * import { boundedCrossEntropy } from "@lab/pacbayes";
 * const loss = boundedCrossEntropy(tensor3d([[[0, 50], [0, 0]]]), tensor1d([1, 1], "int32"));
 * Array.from(loss.dataSync(), (l) => l.toFixed(4)); // => [ '0.1733', '1.0000' ]
 * ```
 */
export function boundedCrossEntropy(logits: Tensor, labels: Tensor, { level = 4 }: BoundedCrossEntropyOptions = {}): Tensor {
  const { class: classes } = axes("boundedCrossEntropy", [logits, "chain class example"], [labels, "example"]);
  if (!(level > Math.LN2)) throw new RangeError(`Cannot bound a cross entropy: level must be above ln 2, got ${level}`);
  const floor = Math.exp(-level);
  const slope = 1 - 2 * floor;
  const target = cast(equal(expandDims(range(0, classes, 1, "int32"), 1), expandDims(labels, 0)), "float32");
  const loss = customGrad((x, save) => {
    const shifted = exp(sub(x as Tensor, max(x as Tensor, 1, true)));
    const p = div(shifted, sum(shifted, 1, true));
    const right = sum(mul(p, target), 1, true);
    const psi = add(mul(right, slope), floor);
    (save as GradSaveFunc)([p, right, psi, target]);
    const value = div(neg(log(psi)), level);
    // ∂ℓ/∂xₖ = −(slope/L) (p_y/ψ) (1{k = y} − pₖ)
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [p, right, psi, target] = saved as [Tensor, Tensor, Tensor, Tensor];
      return mul(mul(dy, mul(div(right, psi), slope / level)), sub(p, target));
    };
    return { value, gradFunc };
  });
  return sum(loss(logits), 1);
}
