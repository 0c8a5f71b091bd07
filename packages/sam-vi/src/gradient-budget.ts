import type { Cost } from "./at-radius.ts";

/**
 * ⌊gradients/gradientsPerStep⌋: the steps that an algorithm can take with so many gradients of a batch, for comparisons at equal budgets.
 *
 * @throws RangeError unless the budget pays for at least one step
 * @example
 * ```ts
 * import { square, sum, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { randomSam, sam, stepsWithin } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(w));
 * [sam, randomSam].map((named) => stepsWithin(1000, named(loss, { transform: sgd(0.1) }))); // => [ 500, 1000 ]
 * ```
 */
export function stepsWithin(gradients: number, { gradientsPerStep }: Cost): number {
  // A share like 1 + 1/5 is not exact: a step that is paid for to rounding is paid for.
  const steps = Math.floor(gradients / gradientsPerStep + 1e-9);
  if (!(steps >= 1 && steps < Infinity))
    throw new RangeError(`Cannot spend a budget: expected gradients for at least one step of ${gradientsPerStep}, got ${gradients}`);
  return steps;
}
