import { compensatedSum } from "./compensated-sum.ts";

/**
 * ln Σ e^{xᵢ} = m + ln Σ e^{xᵢ − m}, m = max xᵢ, nats: no overflow, and −∞ of no values.
 *
 * @example
 * ```ts
 * import { logSumExp } from "@lab/tensor-core";
 * (logSumExp([1000, 1000]) - 1000).toFixed(4); // => '0.6931'
 * ```
 */
export function logSumExp(values: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (Number.isNaN(x)) return NaN;
    if (x > top) top = x;
  }
  if (!Number.isFinite(top)) return top;
  return top + Math.log(compensatedSum(Array.from(values, (x) => Math.exp(x - top))));
}
