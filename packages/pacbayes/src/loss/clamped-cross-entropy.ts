import {
  cast,
  customGrad,
  div,
  equal,
  exp,
  expandDims,
  greater,
  log,
  max,
  maximum,
  mul,
  range,
  sub,
  sum,
  type GradSaveFunc,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { axes } from "@lab/tensor-core";

/**
 * ℓ = −max(ln p_y, ln p_min) / ln(1/p_min): the cross entropy cut at p_min and scaled to [0, 1] [PerezOrtiz2021].
 *
 * For comparison with the literature of mean-field bounds, with p_min 10⁻⁴, or 10⁻⁵ (`least: 1e-5`) as in its runs on MNIST. It has a kink, and no gradient below p_min: bounds hold, Hamiltonian
 * dynamics suffer, and `boundedCrossEntropy` is the better energy.
 *
 * Logits [chain, class, example], labels [example], int32. Returns the loss of each example, [chain, example].
 *
 * @throws ShapeError if labels and logits disagree; RangeError unless p_min is in (0, 1)
 * @example
 * ```ts
 * import { tensor1d, tensor3d } from "@tensorflow/tfjs-core";
 * import { clampedCrossEntropy } from "@lab/pacbayes";
 * clampedCrossEntropy(tensor3d([[[50, 0], [0, 0]]]), tensor1d([1, 1], "int32"), { least: 0.25 }).dataSync(); // => Float32Array(2) [ 1, 0.5 ]
 * ```
 */
export function clampedCrossEntropy(logits: Tensor, labels: Tensor, { least = 1e-4 }: { readonly least?: number } = {}): Tensor {
  const { class: classes } = axes("clampedCrossEntropy", [logits, "chain class example"], [labels, "example"]);
  if (!(least > 0 && least < 1)) throw new RangeError(`Cannot bound a cross entropy: least must be in (0, 1), got ${least}`);
  const scale = Math.log(1 / least);
  const target = cast(equal(expandDims(range(0, classes, 1, "int32"), 1), expandDims(labels, 0)), "float32");
  const loss = customGrad((x, save) => {
    const shifted = sub(x as Tensor, max(x as Tensor, 1, true));
    const total = sum(exp(shifted), 1, true);
    const right = sub(sum(mul(shifted, target), 1, true), log(total));
    const slope = div(cast(greater(right, -scale), "float32"), scale);
    (save as GradSaveFunc)([div(exp(shifted), total), slope, target]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [p, slope, target] = saved as [Tensor, Tensor, Tensor];
      return mul(mul(dy, slope), sub(p, target));
    };
    return { value: div(maximum(right, -scale), -scale), gradFunc };
  });
  return sum(loss(logits), 1);
}
