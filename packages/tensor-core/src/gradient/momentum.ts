import { add, mul } from "@tensorflow/tfjs-core";
import { zerosLike } from "../tree/arithmetic.ts";
import { map, type Params } from "../tree/tree.ts";
import { scaleByLearningRate, type CountState } from "./learning-rate.ts";
import type { Schedule } from "./schedule.ts";
import { chain, type GradientTransform } from "./transform.ts";

/** v, a tree like the parameters. */
export type VelocityState = { readonly velocity: Params };

/** How fast old gradients are forgotten, and whether the gradient is looked at ahead. */
export type VelocityOptions = { readonly decay?: number; readonly nesterov?: boolean };

/**
 * v ← g + μ v; u = v [Polyak1964], or u = g + μ v with the new v [Nesterov1983; Sutskever2013, Equations 3 and 4].
 *
 * @throws RangeError unless 0 ≤ decay < 1
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { scaleByVelocity } from "@lab/tensor-core";
 * const transform = scaleByVelocity({ decay: 0.5 });
 * const params = { x: scalar(0) };
 * const [, state] = transform.update({ x: scalar(1) }, transform.init(params), params);
 * transform.update({ x: scalar(1) }, state, params)[0].x.dataSync()[0]; // => 1.5
 * ```
 */
export function scaleByVelocity({ decay = 0.9, nesterov = false }: VelocityOptions = {}): GradientTransform<VelocityState> {
  if (!(decay >= 0 && decay < 1)) throw new RangeError(`Cannot accumulate velocity: expected a decay in [0, 1), got ${decay}`);
  return {
    init: (params) => ({ velocity: zerosLike(params) }),
    update(grads, state) {
      const onward = <P extends Params>(g: P, v: Params): P => map((gi, vi) => add(gi, mul(vi, decay)), g, v);
      const velocity = onward(grads, state.velocity);
      return [nesterov ? onward(grads, velocity) : velocity, { velocity }];
    },
  };
}

/**
 * v ← g + μ v; u = −η v: gradient descent with momentum [Polyak1964], or with Nesterov's [Nesterov1983].
 *
 * @throws RangeError unless 0 ≤ decay < 1 and a fixed learning rate is finite and not negative
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { momentum } from "@lab/tensor-core";
 * const transform = momentum(1, { decay: 0.5, nesterov: true });
 * const params = { x: scalar(0) };
 * transform.update({ x: scalar(2) }, transform.init(params), params)[0].x.dataSync()[0]; // => -3
 * ```
 */
export function momentum(learningRate: number | Schedule, options: VelocityOptions = {}): GradientTransform<readonly [VelocityState, CountState]> {
  return chain(scaleByVelocity(options), scaleByLearningRate(learningRate));
}
