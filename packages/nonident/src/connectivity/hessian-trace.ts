import type { Scalar } from "@tensorflow/tfjs-core";
import { dot, hvp, jit, map, rademacher, readSync, scoped, split, tensors, type Key, type Params } from "@lab/tensor-core";

/** A mean over draws and its standard error. */
export type TraceEstimate = { readonly trace: number; readonly standardError: number };

/**
 * tr H = E zᵀ H z over signs z: the trace of the Hessian of a loss, a measure of how sharp its minimum is [Hutchinson1990].
 *
 * Products H z come from differences of gradients, as `hvp` takes them. The standard error is that of the mean of `draws` draws.
 *
 * @throws RangeError unless draws is a whole number of at least 2
 * @example
 * ```ts
 * import { mul, square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { hessianTrace } from "@lab/nonident/representation";
 * const loss = ({ w }: { readonly w: Tensor1D }): Scalar => sum(mul(square(w), tensor1d([1, 2]))) as Scalar;
 * hessianTrace(loss, { w: tensor1d([1, 1]) }, { key: key(0), draws: 4 }).trace.toFixed(1); // => '6.0'
 * ```
 */
export function hessianTrace<P extends Params>(
  loss: (params: P) => Scalar,
  params: P,
  { key, draws = 32 }: { readonly key: Key; readonly draws?: number },
): TraceEstimate {
  if (!(Number.isInteger(draws) && draws >= 2)) throw new RangeError(`Cannot estimate a trace: expected at least 2 draws, got ${draws}`);
  const product = hvp(loss);
  using once = jit((each: Key, at: P) => {
    const keys = split(each, tensors(at).length);
    let i = 0;
    const z = map((x) => rademacher(keys[i++]!, x.shape), at);
    return dot(z, product(at, z));
  });
  const values = split(key, draws).map((each) => {
    let value = 0;
    scoped(() => {
      value = readSync(once(each, params)).data[0]!;
    });
    return value;
  });
  const trace = values.reduce((sum, v) => sum + v, 0) / draws;
  return { trace, standardError: Math.sqrt(values.reduce((sum, v) => sum + (v - trace) ** 2, 0) / (draws - 1) / draws) };
}
