import { customGrad, type Tensor } from "@tensorflow/tfjs-core";

/** A value, and the gradients of a loss in its inputs given the loss's gradient in the value. What the backward pass needs of the forward one is saved. */
export type Differentiated = { readonly value: Tensor; readonly gradFunc: (dy: Tensor, saved: readonly Tensor[]) => Tensor[] };

/** A function of tensors with a gradient of its own, where the one that tfjs would compose takes more passes over memory. */
export function withGradient(f: (xs: readonly Tensor[], save: (xs: Tensor[]) => void) => Differentiated): (...xs: Tensor[]) => Tensor {
  return (...xs) =>
    customGrad((...args) => {
      const { value, gradFunc } = f(args.slice(0, -1) as Tensor[], args.at(-1) as (xs: Tensor[]) => void);
      return { value, gradFunc };
    })(...xs);
}
