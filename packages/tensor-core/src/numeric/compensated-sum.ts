/**
 * Σ xᵢ with the rounding of each addition carried along [Neumaier1974]: to within 2ε |Σ xᵢ| + n² ε² Σ |xᵢ|, where plain addition has n ε Σ |xᵢ|.
 *
 * An infinite or NaN term gives what plain addition gives.
 *
 * @example
 * ```ts
 * import { compensatedSum } from "@lab/tensor-core";
 * compensatedSum([1, 1e100, 1, -1e100]); // => 2
 * ```
 */
export function compensatedSum(values: ArrayLike<number>): number {
  let [sum, lost] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}
