import { foldIn, quantile, summary, uniformNumbers, variance, type Key } from "@lab/tensor-core";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";

/** Limits of a mean, each wrong with a chance of at most α/2 where the interval keeps its promise. */
export type Interval = { readonly value: number; readonly lower: number; readonly upper: number };

/** The mean of draws; checks them and α. */
function checked(draws: ArrayLike<number>, alpha: number): number {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`Cannot bound a mean: expected an alpha in (0, 1), got ${alpha}`);
  if (draws.length < 2) throw new RangeError(`Cannot bound a mean: expected at least 2 draws, got ${draws.length}`);
  return summary(draws).mean;
}

/** What an infinite draw leaves: nothing above it is excluded. */
const unbounded: Interval = { value: Infinity, lower: 0, upper: Infinity };
const hasInfinite = (draws: ArrayLike<number>): boolean => Array.from(draws).some((x) => !Number.isFinite(x));

/**
 * x̄ ± z_{1 − α/2} s/√n: promises its confidence only as n → ∞. Of draws that are all alike it has no width, and promises nothing.
 *
 * @throws RangeError for fewer than 2 draws, or alpha outside (0, 1)
 * @example
 * ```ts
 * import { normalInterval } from "@lab/nonident";
 * normalInterval([1, 2, 3, 4], { alpha: 0.05 }).upper.toFixed(4); // => '3.7652'
 * ```
 */
export function normalInterval(draws: ArrayLike<number>, { alpha }: { readonly alpha: number }): Interval {
  const value = checked(draws, alpha);
  if (hasInfinite(draws)) return unbounded;
  const half = normalQuantile(1 - alpha / 2, 0, 1) * Math.sqrt(variance(summary(draws)) / draws.length);
  return { value, lower: value - half, upper: value + half };
}

/**
 * The percentile interval: the α/2 and 1 − α/2 quantiles of means of n draws taken from the n with replacement [Efron1993]. Asymptotic.
 *
 * @throws RangeError for fewer than 2 draws, alpha outside (0, 1), or fewer than 1 resample
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { bootstrapInterval } from "@lab/nonident";
 * const { lower, value, upper } = bootstrapInterval([1, 2, 3, 4], { alpha: 0.1, key: key(0) });
 * lower < value && value < upper; // => true
 * ```
 */
export function bootstrapInterval(
  draws: ArrayLike<number>,
  { alpha, key, resamples = 2000 }: { readonly alpha: number; readonly key: Key; readonly resamples?: number },
): Interval {
  const value = checked(draws, alpha);
  if (!(Number.isInteger(resamples) && resamples >= 1)) throw new RangeError(`Cannot bound a mean: expected at least 1 resample, got ${resamples}`);
  if (hasInfinite(draws)) return unbounded;
  const means = Float64Array.from({ length: resamples }, (_, i) => {
    const taken = uniformNumbers(foldIn(key, i), draws.length);
    return taken.reduce((sum, u) => sum + draws[Math.floor(u * draws.length)]!, 0) / draws.length;
  });
  return { value, lower: quantile(means, alpha / 2), upper: quantile(means, 1 - alpha / 2) };
}

/**
 * x̄ ± (√(2 s² ln(4/α)/n) + 7 R ln(4/α)/(3 (n − 1))), R the range of the draws: holds at every n [Maurer2009, Theorem 4], once for each side.
 *
 * @throws RangeError for fewer than 2 draws, alpha outside (0, 1), a range that is no interval, or a draw outside it
 * @example
 * ```ts
 * import { empiricalBernstein } from "@lab/nonident";
 * empiricalBernstein(new Float64Array(1000).fill(0.5), { alpha: 0.05, range: [0, 1] }).upper.toFixed(5); // => '0.51023'
 * ```
 */
export function empiricalBernstein(
  draws: ArrayLike<number>,
  { alpha, range }: { readonly alpha: number; readonly range: readonly [number, number] },
): Interval {
  const value = checked(draws, alpha);
  const [low, high] = boundedBy(draws, range);
  const log = Math.log(4 / alpha);
  const half = Math.sqrt((2 * variance(summary(draws)) * log) / draws.length) + (7 * (high - low) * log) / (3 * (draws.length - 1));
  return { value, lower: Math.max(low, value - half), upper: Math.min(high, value + half) };
}

/** The range, once every draw is known to lie in it. */
export function boundedBy(draws: ArrayLike<number>, [low, high]: readonly [number, number]): readonly [number, number] {
  if (!(low < high && Number.isFinite(high - low))) throw new RangeError(`Cannot bound a mean: expected a finite range, got [${low}, ${high}]`);
  for (let i = 0; i < draws.length; i++)
    if (!(draws[i]! >= low && draws[i]! <= high)) throw new RangeError(`Cannot bound a mean: expected draws in [${low}, ${high}], got ${draws[i]}`);
  return [low, high];
}
