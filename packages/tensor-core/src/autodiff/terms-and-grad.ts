import { valueAndGrads, type Tensor } from "@tensorflow/tfjs-core";
import { tensors, withTensors, type Params } from "../tree/tree.ts";

/** The terms of a sum, and the gradient of the sum: a tree shaped like the parameters. */
export type TermsAndGrad<P, T extends Tensor = Tensor> = { readonly terms: T; readonly grad: P };

/**
 * params ↦ (f(params), ∇ Σ f(params)) for an f that returns the terms of a sum, by reverse-mode differentiation over a tree.
 *
 * The terms come out of the same pass, so that differences can be taken before summing. Where the terms of different chains depend on different
 * rows of the parameters, each row of the gradient is the gradient of its own chain.
 *
 * @throws TypeError if there is no parameter; what tfjs throws for a parameter that f does not use
 * @example
 * ```ts
 * import { square, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { termsAndGrad } from "@lab/tensor-core";
 * const { terms, grad } = termsAndGrad(({ x }: { readonly x: Tensor1D }) => square(x))({ x: tensor1d([1, 2]) });
 * [...terms.dataSync(), ...grad.x.dataSync()]; // => [ 1, 4, 2, 4 ]
 * ```
 */
export function termsAndGrad<P extends Params, T extends Tensor = Tensor>(f: (params: P) => T): (params: P) => TermsAndGrad<P, T> {
  return (params) => {
    const xs = tensors(params);
    if (xs.length === 0) throw new TypeError("Cannot differentiate: expected parameters with at least one tensor, got none");
    const { value, grads } = valueAndGrads((...ys: Tensor[]) => f(withTensors(params, ys)))(xs);
    return { terms: value as T, grad: withTensors(params, grads) };
  };
}
