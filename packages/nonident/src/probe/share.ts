import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import type { Interval } from "../equivalence/interval.ts";

/** A mean over prompts or draws, with limits, and of how many it is one. */
export type Measurement = Interval & { readonly count: number };

/**
 * (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n), p̂ = successes/n: a share with its score interval, z = z_{1 − α/2} [Wilson1927].
 *
 * Its confidence is close to 1 − α also for shares of 0 and 1 and small n, on average over shares; it is no guarantee at each. Of nothing the share is NaN
 * and anything is possible, [0, 1].
 *
 * @throws RangeError unless successes ≤ n are whole numbers of at least 0, and alpha is in (0, 1)
 * @example
 * ```ts
 * import { share } from "@lab/nonident";
 * const { value, lower, upper } = share(0, { count: 10, alpha: 0.05 });
 * [value, lower, upper.toFixed(4)]; // => [ 0, 0, '0.2775' ]
 * ```
 */
export function share(successes: number, { count, alpha = 0.05 }: { readonly count: number; readonly alpha?: number }): Measurement {
  if (!(Number.isInteger(successes) && Number.isInteger(count) && successes >= 0 && successes <= count))
    throw new RangeError(`Cannot bound a share: expected whole numbers 0 ≤ successes ≤ count, got ${successes} of ${count}`);
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`Cannot bound a share: expected an alpha in (0, 1), got ${alpha}`);
  if (count === 0) return { value: NaN, lower: 0, upper: 1, count };
  const z = normalQuantile(1 - alpha / 2, 0, 1);
  const value = successes / count;
  const middle = value + (z * z) / (2 * count);
  const half = z * Math.sqrt((value * (1 - value)) / count + (z / (2 * count)) ** 2);
  const scale = 1 + (z * z) / count;
  // At the ends the difference is zero but for rounding.
  return { value, lower: successes === 0 ? 0 : (middle - half) / scale, upper: successes === count ? 1 : (middle + half) / scale, count };
}
