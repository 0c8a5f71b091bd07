/** An estimate with its standard error, and the number of independent parts that it comes from. */
export type Replicated = { readonly mean: number; readonly error: number; readonly count: number };

/**
 * x̄ ± sd/√J over J independent replications, such as whole ladders run with keys of their own: the error that assumes least [Geyer1992, §3].
 *
 * J − 1 degrees of freedom; with J ≥ 8 Student's t gives an interval.
 *
 * @throws RangeError for fewer than two values
 * @example
 * ```ts
 * import { replicated } from "@lab/pacbayes";
 * replicated([1, 2, 3]).mean; // => 2
 * ```
 */
export function replicated(values: readonly number[]): Replicated {
  const count = values.length;
  if (count < 2) throw new RangeError(`Cannot estimate an error: expected at least 2 replications, got ${count}`);
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  return { mean, error: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1) / count), count };
}
