import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import { finiteDraws, mean, pooled, variance, type Draws } from "./draws.ts";
import { effectiveSampleSize } from "./effective-sample-size.ts";

/** What the error is of: the mean, the standard deviation, or a quantile. */
export type ErrorOf = "mean" | "sd" | { readonly quantile: number };

/**
 * The Monte-Carlo standard error of an estimate from draws: sd/√ESS for the mean [Vehtari2021, §4].
 *
 * For the standard deviation by the delta method on (x − x̄)²; for a quantile half the width of an interval of ±1 standard error by the beta
 * distribution of its ranks. NaN if a draw is not finite.
 *
 * @throws RangeError for chains of unequal length or of fewer than 4 draws
 * @example
 * ```ts
 * import { monteCarloError } from "@lab/pacbayes";
 * const chain = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i * i));
 * monteCarloError([chain]) < 0.1; // => true
 * ```
 */
export function monteCarloError(draws: Draws, { of = "mean" }: { readonly of?: ErrorOf } = {}): number {
  const finite = finiteDraws("monteCarloError", draws);
  if (finite === undefined) return NaN;
  const all = pooled(finite);
  if (of === "mean") return Math.sqrt(variance(all) / effectiveSampleSize(finite, { of: "mean" }));
  if (of === "sd") {
    const centre = mean(all);
    const squares = finite.map((chain) => chain.map((x) => (x - centre) ** 2));
    const second = mean(squares.map(mean));
    const fourth = mean(squares.map((chain) => mean(chain.map((x) => x * x))));
    return Math.sqrt((fourth - second ** 2) / effectiveSampleSize(squares, { of: "mean" }) / second / 4);
  }
  const ess = effectiveSampleSize(finite, { of });
  const [a, b] = [ess * of.quantile + 1, ess * (1 - of.quantile) + 1];
  const place = (p: number): number => betaQuantile(p, a, b) * all.length - 1;
  const low = all[Math.floor(Math.max(place(0.1586553), 0))]!;
  const high = all[Math.ceil(Math.min(place(0.8413447), all.length - 1))]!;
  return (high - low) / 2;
}
