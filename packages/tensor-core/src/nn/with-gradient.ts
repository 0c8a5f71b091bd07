import { customGrad, engine, type Tensor } from "@tensorflow/tfjs-core";

/** A value, and the gradients of a loss in its inputs given the loss's gradient in the value. What the backward pass needs of the forward one is saved. */
export type Differentiated = { readonly value: Tensor; readonly gradFunc: (dy: Tensor, saved: readonly Tensor[]) => Tensor[] };

/**
 * A function of tensors with a gradient of its own, where the one that tfjs would compose takes more passes over memory.
 *
 * @throws TypeError where a gradient is itself differentiated: what was saved for the first would be taken for constants by the second
 */
export function withGradient(f: (xs: readonly Tensor[], save: (xs: Tensor[]) => void) => Differentiated): (...xs: Tensor[]) => Tensor {
  return (...xs) => {
    if (engine().state.gradientDepth > 1)
      throw new TypeError(
        "Cannot differentiate twice through a function that has a gradient of its own: expected one gradient, with hvp() for second derivatives",
      );
    return customGrad((...args) => {
      const { value, gradFunc } = f(args.slice(0, -1) as Tensor[], args.at(-1) as (xs: Tensor[]) => void);
      return { value, gradFunc };
    })(...xs);
  };
}
