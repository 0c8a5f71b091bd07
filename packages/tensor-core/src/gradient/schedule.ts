import { add, clipByValue, cos, div, exp, fill, greaterEqual, less, maximum, minimum, mul, sub, where, type Scalar } from "@tensorflow/tfjs-core";

/** A number that changes with the step: count, float32 from 0 ↦ value. A pure function of tensors, so that a compiled step follows it without a retrace. */
export type Schedule = (count: Scalar) => Scalar;

function wholeSteps(caller: string, name: string, steps: number): void {
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new RangeError(`Cannot schedule a ${caller}: expected ${name} to be a whole number of at least 1, got ${steps}`);
}

function finite(caller: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw new RangeError(`Cannot schedule a ${caller}: expected ${name} to be finite, got ${value}`);
  }
}

/** min(count, steps) / steps, in [0, 1]. */
function progressed(count: Scalar, steps: number): Scalar {
  return div(clipByValue(count, 0, steps), steps);
}

/**
 * s(t) = value.
 *
 * @throws RangeError unless value is finite
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { constantSchedule } from "@lab/tensor-core";
 * constantSchedule(0.5)(scalar(100)).dataSync()[0]; // => 0.5
 * ```
 */
export function constantSchedule(value: number): Schedule {
  finite("constant", { value });
  return () => fill([], value) as Scalar;
}

/**
 * s(t) = from + (to − from) min(t, steps)/steps.
 *
 * @throws RangeError unless the ends are finite and steps is a whole number of at least 1
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { linearSchedule } from "@lab/tensor-core";
 * linearSchedule({ from: 1, to: 0, steps: 4 })(scalar(1)).dataSync()[0]; // => 0.75
 * ```
 */
export function linearSchedule({ from, to, steps }: { readonly from: number; readonly to: number; readonly steps: number }): Schedule {
  finite("line", { from, to });
  wholeSteps("line", "steps", steps);
  return (count) => add(mul(progressed(count, steps), to - from), from);
}

/**
 * s(t) = to + (from − to) (1 + cos(π min(t, steps)/steps))/2 [Loshchilov2017, Equation 5].
 *
 * @throws RangeError unless the ends are finite and steps is a whole number of at least 1
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { cosineSchedule } from "@lab/tensor-core";
 * cosineSchedule({ from: 1, steps: 10 })(scalar(10)).dataSync()[0]; // => 0
 * ```
 */
export function cosineSchedule({ from, to = 0, steps }: { readonly from: number; readonly to?: number; readonly steps: number }): Schedule {
  finite("cosine", { from, to });
  wholeSteps("cosine", "steps", steps);
  return (count) => add(mul(add(cos(mul(progressed(count, steps), Math.PI)), 1), (from - to) / 2), to);
}

/**
 * s(t) = from · rate^{t/steps}, held at `bound` once it is reached.
 *
 * @throws RangeError unless rate > 0, the numbers are finite and steps is a whole number of at least 1
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { exponentialSchedule } from "@lab/tensor-core";
 * exponentialSchedule({ from: 1, rate: 1, steps: 10 })(scalar(20)).dataSync()[0]; // => 1
 * ```
 */
export function exponentialSchedule({
  from,
  rate,
  steps,
  bound,
}: {
  readonly from: number;
  readonly rate: number;
  readonly steps: number;
  readonly bound?: number;
}): Schedule {
  finite("exponential", { from, rate, bound: bound ?? 0 });
  wholeSteps("exponential", "steps", steps);
  if (!(rate > 0)) throw new RangeError(`Cannot schedule an exponential: expected rate to be positive, got ${rate}`);
  return (count): Scalar => {
    const value = mul<Scalar>(exp(mul(count, Math.log(rate) / steps)), from);
    if (bound === undefined) return value;
    return (rate < 1 === from > 0 ? maximum(value, bound) : minimum(value, bound)) as Scalar;
  };
}

/**
 * s(t) = from · ∏ { factor : its step ≤ t }: constant pieces.
 *
 * @throws RangeError unless the steps are whole numbers of at least 0 and the factors finite
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { piecewiseSchedule } from "@lab/tensor-core";
 * piecewiseSchedule(1, { 10: 0.5, 20: 0.5 })(scalar(20)).dataSync()[0]; // => 0.25
 * ```
 */
export function piecewiseSchedule(from: number, factors: { readonly [step: number]: number }): Schedule {
  finite("piecewise constant", { from, ...factors });
  const pieces = Object.entries(factors).map(([step, factor]) => [Number(step), factor] as const);
  for (const [step] of pieces) {
    if (!(Number.isInteger(step) && step >= 0))
      throw new RangeError(`Cannot schedule a piecewise constant: expected steps to be whole numbers of at least 0, got ${step}`);
  }
  return (count) => pieces.reduce((value, [step, factor]) => where(greaterEqual(count, step), mul(value, factor), value) as Scalar, fill([], from) as Scalar);
}

/**
 * One schedule after another: s(t) = sᵢ(t − bᵢ) for bᵢ ≤ t < bᵢ₊₁, with b₀ = 0.
 *
 * @throws RangeError unless there is one boundary fewer than schedules, each a whole number above the one before
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { constantSchedule, joinedSchedule, linearSchedule } from "@lab/tensor-core";
 * const warm = joinedSchedule([linearSchedule({ from: 0, to: 1, steps: 4 }), constantSchedule(1)], [4]);
 * [2, 9].map((t) => warm(scalar(t)).dataSync()[0]); // => [ 0.5, 1 ]
 * ```
 */
export function joinedSchedule(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  if (schedules.length < 1 || boundaries.length !== schedules.length - 1)
    throw new RangeError(`Cannot join schedules: expected one boundary fewer than schedules, got ${boundaries.length} and ${schedules.length}`);
  const bad = boundaries.find((at, i) => !(Number.isInteger(at) && at > (boundaries[i - 1] ?? 0)));
  if (bad !== undefined) throw new RangeError(`Cannot join schedules: expected increasing whole boundaries of at least 1, got [${boundaries.join(", ")}]`);
  return (count) =>
    schedules
      .slice(1)
      .reduce((value, schedule, i) => where(less(count, boundaries[i]!), value, schedule(sub(count, boundaries[i]!))) as Scalar, schedules[0]!(count));
}

/**
 * From `from` to `peak` along a line of `warmup` steps, then to `to` along a cosine, `steps` in all [Loshchilov2017, Goyal2017].
 *
 * @throws RangeError unless the values are finite and 1 ≤ warmup < steps, whole numbers
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { warmupCosineSchedule } from "@lab/tensor-core";
 * const rate = warmupCosineSchedule({ peak: 1, warmup: 10, steps: 110 });
 * [0, 5, 10, 110].map((t) => rate(scalar(t)).dataSync()[0]); // => [ 0, 0.5, 1, 0 ]
 * ```
 */
export function warmupCosineSchedule({
  from = 0,
  peak,
  to = 0,
  warmup,
  steps,
}: {
  readonly from?: number;
  readonly peak: number;
  readonly to?: number;
  readonly warmup: number;
  readonly steps: number;
}): Schedule {
  if (!(steps > warmup)) throw new RangeError(`Cannot schedule a warm-up: expected more than its ${warmup} steps in all, got ${steps}`);
  return joinedSchedule([linearSchedule({ from, to: peak, steps: warmup }), cosineSchedule({ from: peak, to, steps: steps - warmup })], [warmup]);
}
