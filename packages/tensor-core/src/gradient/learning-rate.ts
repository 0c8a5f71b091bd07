import { add, cast, mul, neg, scalar, type Scalar } from "@tensorflow/tfjs-core";
import { map } from "../tree/tree.ts";
import { constantSchedule, type Schedule } from "./schedule.ts";
import type { GradientTransform } from "./transform.ts";

/** How many updates have been made: an int32 scalar, not a number, so that a compiled step does not change with it. */
export type CountState = { readonly count: Scalar };

/** The state before the first update. */
export function zeroCount(): Scalar {
  return scalar(0, "int32");
}

/** The next count. */
export function increment(count: Scalar): Scalar {
  return add(count, scalar(1, "int32"));
}

/**
 * u = c g for a fixed number c.
 *
 * @throws RangeError unless c is finite
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { scaleBy } from "@lab/tensor-core";
 * const [updates] = scaleBy(3).update({ x: scalar(2) }, {}, { x: scalar(0) });
 * updates.x.dataSync()[0]; // => 6
 * ```
 */
export function scaleBy(c: number): GradientTransform<Record<never, never>> {
  if (!Number.isFinite(c)) throw new RangeError(`Cannot scale updates: expected a finite number, got ${c}`);
  return { init: () => ({}), update: (updates, state) => [map((u) => mul(u, c), updates), state] };
}

/**
 * u = s(t) g, t = 0 at the first update.
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { linearSchedule, scaleBySchedule } from "@lab/tensor-core";
 * const transform = scaleBySchedule(linearSchedule({ from: 1, to: 0, steps: 2 }));
 * const params = { x: scalar(0) };
 * const [, state] = transform.update({ x: scalar(2) }, transform.init(params), params);
 * transform.update({ x: scalar(2) }, state, params)[0].x.dataSync()[0]; // => 1
 * ```
 */
export function scaleBySchedule(schedule: Schedule): GradientTransform<CountState> {
  return {
    init: () => ({ count: zeroCount() }),
    update(updates, { count }) {
      const factor = schedule(cast(count, "float32"));
      return [map((u) => mul(u, factor), updates), { count: increment(count) }];
    },
  };
}

/**
 * u = −η(t) g: the sign turned, the last transform of a chain that descends.
 *
 * @throws RangeError unless a fixed rate is finite and not negative
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { scaleByLearningRate } from "@lab/tensor-core";
 * const transform = scaleByLearningRate(0.5);
 * const params = { x: scalar(0) };
 * transform.update({ x: scalar(2) }, transform.init(params), params)[0].x.dataSync()[0]; // => -1
 * ```
 */
export function scaleByLearningRate(learningRate: number | Schedule): GradientTransform<CountState> {
  if (typeof learningRate === "number" && !(learningRate >= 0 && learningRate < Infinity))
    throw new RangeError(`Cannot descend: expected a learning rate in [0, ∞), got ${learningRate}`);
  const rate = typeof learningRate === "number" ? constantSchedule(learningRate) : learningRate;
  return scaleBySchedule((count) => neg(rate(count)));
}
