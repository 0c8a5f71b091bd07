import { add, cast, ceil, clipByValue, div, floor, mul, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { uniform, type Key } from "@lab/tensor-core";

/**
 * The number of integrator steps of a trajectory: a number, or an int32 tensor decided in the step from its key and the step size. A step size [chain] may
 * give each chain its own number, [chain].
 */
export type Trajectory = (key: Key, stepSize: Tensor) => number | Tensor;

/**
 * Always the same number of steps: simple, and in danger of resonance on periodic orbits.
 *
 * @throws RangeError unless `steps` is a whole number of at least 1
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { fixedSteps } from "@lab/pacbayes";
 * fixedSteps(16)(key(1), scalar(0.1)); // => 16
 * ```
 */
export function fixedSteps(steps: number): Trajectory {
  whole("steps", steps);
  return () => steps;
}

/**
 * L ~ uniform on {low, …, high}, drawn anew in each step from its key: jitter against resonance [Mackenzie1989; Neal2011, §3.2].
 *
 * By default from half of `steps` to half as many again. Independent of the position, so that the target stays invariant.
 *
 * @throws RangeError unless 1 ≤ low ≤ high are whole numbers
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { jitteredSteps } from "@lab/pacbayes";
 * const steps = jitteredSteps(16)(key(1), scalar(0.1)).dataSync()[0];
 * steps >= 8 && steps <= 24; // => true
 * ```
 */
export function jitteredSteps(
  steps: number,
  { low = Math.ceil(steps / 2), high = Math.floor((3 * steps) / 2) }: { readonly low?: number; readonly high?: number } = {},
): (key: Key, stepSize: Tensor) => Scalar {
  whole("low", low);
  whole("high", high);
  if (low > high) throw new RangeError(`Cannot jitter a trajectory: expected low ≤ high, got ${low} and ${high}`);
  return (key) => cast(floor(add(mul(uniform(key), high - low + 1), low)), "int32") as Scalar;
}

/**
 * L = ⌈v τ/ε⌉ cut to [1, most], v ~ U[1 − jitter, 1 + jitter): trajectories that last about τ, whatever the step size ε becomes [Hoffman2021, §2].
 *
 * A step size or a time [chain] gives each chain its own L, with one v for all. In whitened coordinates the prior's motion has period 2π: τ = π/2 forgets where it came from.
 *
 * @throws RangeError unless τ is positive, jitter in [0, 1] and `most` a whole number of at least 1
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { lasting } from "@lab/pacbayes";
 * lasting(1.5, { jitter: 0 })(key(1), scalar(0.4)).dataSync()[0]; // => 4
 * ```
 */
export function lasting(
  time: number | Tensor,
  { jitter = 0.5, most = 1000 }: { readonly jitter?: number; readonly most?: number } = {},
): <S extends Tensor>(key: Key, stepSize: S) => S {
  if (typeof time === "number" && !(time > 0 && time < Infinity))
    throw new RangeError(`Cannot set a trajectory: time must be positive and finite, got ${time}`);
  if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`Cannot set a trajectory: jitter must be in [0, 1], got ${jitter}`);
  whole("most", most);
  return <S extends Tensor>(key: Key, stepSize: S) => {
    const target = mul(uniform(key, [], { min: 1 - jitter, max: 1 + jitter }), time);
    return cast(clipByValue(ceil(div(target, stepSize)), 1, most), "int32") as S;
  };
}

function whole(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`Cannot set a trajectory: ${name} must be a whole number of at least 1, got ${value}`);
}
