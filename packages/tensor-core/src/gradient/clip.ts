import { clipByValue as clipTensor, div, maximum, mul, type Scalar } from "@tensorflow/tfjs-core";
import { norm } from "../tree/arithmetic.ts";
import { map } from "../tree/tree.ts";
import type { GradientTransform } from "./transform.ts";

/**
 * u = g · min(1, c/‖g‖), the norm taken over all leaves together [Pascanu2013, Algorithm 1].
 *
 * A norm that is NaN makes every update NaN, so that the fault is seen.
 *
 * @throws RangeError unless limit > 0
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { clipByNorm } from "@lab/tensor-core";
 * const [updates] = clipByNorm(1).update({ x: tensor1d([0, 8]) }, {}, { x: tensor1d([0, 0]) });
 * updates.x.dataSync(); // => Float32Array(2) [ 0, 1 ]
 * ```
 */
export function clipByNorm(limit: number): GradientTransform<Record<never, never>> {
  if (!(limit > 0)) throw new RangeError(`Cannot clip by norm: expected a limit above 0, got ${limit}`);
  return {
    init: () => ({}),
    update(updates, state) {
      const factor = div(limit, maximum(norm(updates), limit)) as Scalar;
      return [map((u) => mul(u, factor), updates), state];
    },
  };
}

/**
 * u = max(−c, min(g, c)), element by element.
 *
 * @throws RangeError unless limit > 0
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { clipByValue } from "@lab/tensor-core";
 * const [updates] = clipByValue(1).update({ x: tensor1d([-8, 0.5]) }, {}, { x: tensor1d([0, 0]) });
 * updates.x.dataSync(); // => Float32Array(2) [ -1, 0.5 ]
 * ```
 */
export function clipByValue(limit: number): GradientTransform<Record<never, never>> {
  if (!(limit > 0)) throw new RangeError(`Cannot clip by value: expected a limit above 0, got ${limit}`);
  return { init: () => ({}), update: (updates, state) => [map((u) => clipTensor(u, -limit, limit), updates), state] };
}
