/**
 * The sample quantile of order p, linear between order statistics at (n − 1) p [Hyndman1996, definition 7]. NaN if a value is NaN.
 *
 * @throws RangeError of no values, or unless 0 ≤ p ≤ 1
 * @example
 * ```ts
 * import { quantile } from "@lab/tensor-core";
 * quantile([4, 1, 3, 2], 0.5); // => 2.5
 * ```
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  if (values.length === 0) throw new RangeError("Cannot take a quantile: expected at least one value, got none");
  if (!(p >= 0 && p <= 1)) throw new RangeError(`Cannot take a quantile: expected an order in [0, 1], got ${p}`);
  const sorted = Float64Array.from(values).sort();
  // Typed arrays sort NaN last.
  if (Number.isNaN(sorted[sorted.length - 1])) return NaN;
  const at = (sorted.length - 1) * p;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}
