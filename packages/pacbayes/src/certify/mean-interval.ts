import { binaryKlInverse, binaryKlInverseLower } from "../bounds/binary-kl.ts";

/** The mean of m independent draws in [0, 1], and their sample variance Σ(x − x̄)²/(m − 1), if it is known. */
export type MeanOfDraws = { readonly mean: number; readonly draws: number; readonly variance?: number };

/**
 * An interval that misses the expectation of draws in [0, 1] with probability at most δ at each end, by the better of two inequalities.
 *
 * The binary kl: kl(x̄ ‖ μ) ≤ ln(1/δ)/m [Langford2001]. With a variance, δ is halved between it and empirical Bernstein,
 * |x̄ − μ| ≤ √(2V ln(2/δ)/m) + 7 ln(2/δ)/(3(m − 1)) [Maurer2009, Theorem 4], which is far narrower where draws hardly vary.
 *
 * NaN gives [0, 1].
 *
 * @throws RangeError unless δ is in (0, 1), the mean in [0, 1], the variance at least 0 and m a whole number of at least 1
 * @example
 * ```ts
 * import { meanInterval } from "@lab/pacbayes";
 * const { low, high } = meanInterval({ mean: 0.3, draws: 1000, variance: 1e-4 }, 0.01);
 * [low.toFixed(3), high.toFixed(3)]; // => [ '0.285', '0.315' ]
 * ```
 */
export function meanInterval({ mean, draws, variance }: MeanOfDraws, delta: number): { readonly low: number; readonly high: number } {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`Cannot certify a posterior: delta must be in (0, 1), got ${delta}`);
  if (mean < 0 || mean > 1) throw new RangeError(`Cannot certify a posterior: a mean of losses in [0, 1] must be in [0, 1], got ${mean}`);
  if (!(Number.isInteger(draws) && draws >= 1)) throw new RangeError(`Cannot certify a posterior: draws must be a whole number of at least 1, got ${draws}`);
  if (variance !== undefined && variance < 0) throw new RangeError(`Cannot certify a posterior: a variance must be at least 0, got ${variance}`);
  const each = variance === undefined ? delta : delta / 2;
  const budget = Math.log(1 / each) / draws;
  const byKl = { low: binaryKlInverseLower(mean, budget), high: binaryKlInverse(mean, budget) };
  if (variance === undefined || draws === 1) return byKl;
  const log = Math.log(2 / each);
  // The width rounded up, and the ends, at most 1, too.
  const width = (Math.sqrt((2 * variance * log) / draws) + (7 * log) / (3 * (draws - 1))) * (1 + 8 * Number.EPSILON) + Number.EPSILON;
  // Comparisons with NaN are false: the kl interval, which is then [0, 1], stays.
  return { low: mean - width > byKl.low ? mean - width : byKl.low, high: mean + width < byKl.high ? mean + width : byKl.high };
}
