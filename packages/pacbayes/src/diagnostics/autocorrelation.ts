import { mean } from "./draws.ts";

/**
 * ρₜ = Σᵢ (xᵢ − x̄)(xᵢ₊ₜ − x̄) / Σᵢ (xᵢ − x̄)², t = 0 … N − 1: the autocorrelation of one chain [Geyer1992], the sum divided by N at every lag.
 *
 * `lags` of them, all by default. NaN if a draw is not finite or all are equal.
 *
 * @throws RangeError unless `lags` is a whole number in [1, N]
 * @example
 * ```ts
 * import { autocorrelation } from "@lab/pacbayes";
 * autocorrelation([1, -1, 1, -1], { lags: 2 }); // => [ 1, -0.75 ]
 * ```
 */
export function autocorrelation(chain: ArrayLike<number>, { lags = chain.length }: { readonly lags?: number } = {}): readonly number[] {
  const count = chain.length;
  if (!(Number.isInteger(lags) && lags >= 1 && lags <= count))
    throw new RangeError(`Cannot apply autocorrelation: lags must be a whole number in [1, ${count}], got ${lags}`);
  const centre = mean(chain);
  const centred = Float64Array.from(chain, (x) => x - centre);
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let i = lag; i < count; i++) sum += centred[i]! * centred[i - lag]!;
    return sum;
  };
  const total = covariance(0);
  return Array.from({ length: lags }, (_, lag) => covariance(lag) / total);
}
