import { quantile, uniformNumbers, type Key } from "@lab/tensor-core";

/** An estimate with the ends of its interval. */
export type Interval = { readonly value: number; readonly low: number; readonly high: number };

export type BootstrapOptions = { readonly level?: number; readonly resamples?: number };

/**
 * The mean of what subjects score, with its percentile bootstrap interval: quantiles of the means of resamples with replacement [Efron1993, §13.3].
 *
 * Subjects are what is drawn, so that a long text counts once. NaN stands for a subject without a score, and is left out. For the difference of two methods on
 * the same subjects, give the differences subject by subject: that interval is paired.
 *
 * @throws RangeError unless 0 < level < 1 and there are resamples; an interval of no scores is NaN
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { bootstrap } from "@lab/lacy";
 * const { value, low, high } = bootstrap([0, 1, 1, 1, 0, 1, 1, 0], key(0));
 * [value, low < value, high > value]; // => [ 0.625, true, true ]
 * ```
 */
export function bootstrap(scores: ArrayLike<number>, key: Key, { level = 0.95, resamples = 2000 }: BootstrapOptions = {}): Interval {
  if (!(level > 0 && level < 1)) throw new RangeError(`Cannot resample: level must be in (0, 1), got ${level}`);
  if (!(Number.isInteger(resamples) && resamples > 0)) throw new RangeError(`Cannot resample: expected a positive number of resamples, got ${resamples}`);
  const present = Array.from(scores).filter((score) => !Number.isNaN(score));
  const n = present.length;
  if (n === 0) return { value: NaN, low: NaN, high: NaN };
  const draws = uniformNumbers(key, n * resamples);
  const means = Float64Array.from({ length: resamples }, (_, r) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += present[Math.floor(draws[r * n + i]! * n)]!;
    return sum / n;
  });
  const tail = (1 - level) / 2;
  return { value: present.reduce((a, b) => a + b, 0) / n, low: quantile(means, tail), high: quantile(means, 1 - tail) };
}
