import { tensor1d, mul, neg, type Tensor } from "@tensorflow/tfjs-core";
import { map, type GradientTransform } from "@lab/tensor-core";
import { alongChains } from "../hmc/chain-sums.ts";

/** The rates, [run]: a tensor, so that they are carried and not traced anew. */
export type LearningRates = { readonly rates: Tensor };

/**
 * u = −η_run g: a learning rate for each run, leaves [run, …]; the last transform of a chain. Several runs train in one program, and the best is kept.
 *
 * @throws RangeError unless there is at least one rate, and each is positive and finite
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { tensors } from "@lab/tensor-core";
 * import { scaleByLearningRates } from "@lab/pacbayes";
 * const transform = scaleByLearningRates([0.1, 0.5]);
 * const params = { x: tensor2d([[1], [1]]) };
 * Array.from(tensors(transform.update(params, transform.init(params), params)[0])[0].dataSync(), (u) => u.toFixed(1)); // => [ '-0.1', '-0.5' ]
 * ```
 */
export function scaleByLearningRates(rates: readonly number[]): GradientTransform<LearningRates> {
  const bad = rates.find((rate) => !(rate > 0 && rate < Infinity));
  if (rates.length === 0 || bad !== undefined) throw new RangeError(`Cannot scale by learning rates: expected positive, finite rates, got ${bad ?? "none"}`);
  return {
    init: () => ({ rates: tensor1d([...rates]) }),
    update: (updates, state) => [map((g) => mul(g, neg(alongChains(state.rates, g))), updates), state],
  };
}
