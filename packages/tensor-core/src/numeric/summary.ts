/** The count, the mean and the sum of squared deviations Σ (xᵢ − mean)² of the numbers seen. */
export type Summary = { readonly count: number; readonly mean: number; readonly squares: number };

/**
 * Of no numbers: where a running summary starts.
 *
 * @example
 * ```ts
 * import { emptySummary } from "@lab/tensor-core";
 * emptySummary; // => { count: 0, mean: 0, squares: 0 }
 * ```
 */
export const emptySummary: Summary = Object.freeze({ count: 0, mean: 0, squares: 0 });

/**
 * The summary with one number more: n ← n + 1, mean ← mean + (x − mean)/n, squares ← squares + (x − mean)(x − mean′) [Welford1962].
 *
 * @example
 * ```ts
 * import { emptySummary, observed, variance } from "@lab/tensor-core";
 * variance([2, 4, 6].reduce(observed, emptySummary)); // => 4
 * ```
 */
export function observed({ count, mean, squares }: Summary, x: number): Summary {
  const n = count + 1;
  const next = mean + (x - mean) / n;
  return { count: n, mean: next, squares: squares + (x - mean) * (x - next) };
}

/**
 * The summary of two sets of numbers together [Chan1979, Equation 1.5].
 *
 * @example
 * ```ts
 * import { emptySummary, merged, observed } from "@lab/tensor-core";
 * const of = (xs: readonly number[]) => xs.reduce(observed, emptySummary);
 * merged(of([1, 2]), of([3, 4, 5])); // => { count: 5, mean: 3, squares: 10 }
 * ```
 */
export function merged(a: Summary, b: Summary): Summary {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const distance = b.mean - a.mean;
  return { count, mean: a.mean + (distance * b.count) / count, squares: a.squares + b.squares + (distance * distance * a.count * b.count) / count };
}

/**
 * s² = Σ (xᵢ − mean)²/(n − 1), the unbiased variance; NaN of fewer than two numbers.
 *
 * @example
 * ```ts
 * import { summary, variance } from "@lab/tensor-core";
 * variance(summary([1, 3])); // => 2
 * ```
 */
export function variance({ count, squares }: Summary): number {
  return count < 2 ? NaN : squares / (count - 1);
}

/**
 * The summary of a list of numbers.
 *
 * @example
 * ```ts
 * import { summary } from "@lab/tensor-core";
 * summary([1, 2, 3]); // => { count: 3, mean: 2, squares: 2 }
 * ```
 */
export function summary(values: ArrayLike<number>): Summary {
  let result = emptySummary;
  for (let i = 0; i < values.length; i++) result = observed(result, values[i]!);
  return result;
}
