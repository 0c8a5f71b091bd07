import { add, mul, type Tensor } from "@tensorflow/tfjs-core";
import { map, paths } from "../tree/tree.ts";
import type { GradientTransform } from "./transform.ts";

/** Which parameters are meant: by path, names joined by dots, and by tensor, of which the shape may be asked. */
export type Among = (path: string, x: Tensor) => boolean;

/**
 * u = g + λ θ: the gradient of ½ λ ‖θ‖², added where it stands in the chain [Loshchilov2019]. After Adam it is decoupled, before it is not.
 *
 * `among` names the parameters that decay, by default all: biases and norms are often left out.
 *
 * @throws RangeError unless weightDecay is finite and not negative
 * @example
 * ```ts
 * import { scalar, tensor1d } from "@tensorflow/tfjs-core";
 * import { addDecayedWeights } from "@lab/tensor-core";
 * const params = { kernel: tensor1d([4]), bias: scalar(4) };
 * const transform = addDecayedWeights(0.5, { among: (path) => path !== "bias" });
 * const [{ kernel, bias }] = transform.update({ kernel: tensor1d([0]), bias: scalar(0) }, {}, params);
 * [kernel.dataSync()[0], bias.dataSync()[0]]; // => [ 2, 0 ]
 * ```
 */
export function addDecayedWeights(weightDecay: number, { among = () => true }: { readonly among?: Among } = {}): GradientTransform<Record<never, never>> {
  if (!(weightDecay >= 0 && weightDecay < Infinity)) throw new RangeError(`Cannot decay weights: expected a weight decay in [0, ∞), got ${weightDecay}`);
  return {
    init: () => ({}),
    update(updates, state, params) {
      if (weightDecay === 0) return [updates, state];
      const names = paths(params);
      let i = 0;
      return [map((u, x) => (among(names[i++]!, x) ? add(u, mul(x, weightDecay)) : u), updates, params), state];
    },
  };
}
