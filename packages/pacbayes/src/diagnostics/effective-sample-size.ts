import { finiteDraws, halves, mean, pooled, quantile, variance, type Draws } from "./draws.ts";
import { rankNormal } from "./rank-normal.ts";

/** What the effective sample size is of: the bulk, both tails, the mean, or the indicator of being below a quantile. */
export type EssOf = "bulk" | "tail" | "mean" | { readonly quantile: number };

/**
 * ESS = M N / τ̂, τ̂ = 1 + 2 Σ ρ̂ₜ over Geyer's initial monotone sequence, of split chains; by default of their rank-normalised values [Vehtari2021, §4].
 *
 * The number of independent draws that would estimate a mean as well. `"tail"` is the lesser one of the 5 % and the 95 % quantile. At least 400, and 100
 * per chain, before R̂ and errors can be relied on. NaN if a draw is not finite; the number of draws if all are equal.
 *
 * @throws RangeError for chains of unequal length, or of fewer than 4 draws
 * @example
 * ```ts
 * import { effectiveSampleSize } from "@lab/pacbayes";
 * const chain = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i * i));
 * effectiveSampleSize([chain]) > 400; // => true
 * ```
 */
export function effectiveSampleSize(draws: Draws, { of = "bulk" }: { readonly of?: EssOf } = {}): number {
  const finite = finiteDraws("effectiveSampleSize", draws);
  if (finite === undefined) return NaN;
  if (of === "bulk") return essOf(rankNormal(halves(finite)));
  if (of === "mean") return essOf(halves(finite));
  if (of === "tail") return Math.min(ofQuantile(finite, 0.05), ofQuantile(finite, 0.95));
  if (!(of.quantile > 0 && of.quantile < 1)) throw new RangeError(`Cannot apply effectiveSampleSize: a quantile must be in (0, 1), got ${of.quantile}`);
  return ofQuantile(finite, of.quantile);
}

function ofQuantile(draws: readonly Float64Array[], p: number): number {
  const cut = quantile(pooled(draws), p);
  return essOf(halves(draws.map((chain) => chain.map((x) => (x <= cut ? 1 : 0)))));
}

function essOf(draws: readonly Float64Array[]): number {
  const [chains, length] = [draws.length, draws[0]!.length];
  const sorted = pooled(draws);
  if (sorted.at(-1)! - sorted[0]! < 1e-15) return chains * length;
  const centred = draws.map((chain) => {
    const centre = mean(chain);
    return chain.map((x) => x - centre);
  });
  /** Autocovariance at a lag, divided by N at every lag, mean over chains. */
  const covariance = (lag: number): number => {
    let sum = 0;
    for (const chain of centred) for (let i = lag; i < length; i++) sum += chain[i]! * chain[i - lag]!;
    return sum / (length * chains);
  };
  const within = (covariance(0) * length) / (length - 1);
  const total = (within * (length - 1)) / length + (chains > 1 ? variance(draws.map(mean)) : 0);
  const correlation = (lag: number): number => 1 - (within - covariance(lag)) / total;

  // Geyer's initial positive sequence: pairs (even, odd) of lags, as long as their sums are positive.
  const rho = [1, correlation(1)];
  let [even, odd] = [1, rho[1]!];
  let t = 1;
  for (; t < length - 3 && even + odd > 0; t += 2) {
    [even, odd] = [correlation(t + 1), correlation(t + 2)];
    if (even + odd >= 0) rho.push(even, odd);
  }
  const end = t - 2;
  const beyond = even > 0 ? even : (rho[end + 1] ?? 0);
  // The initial monotone sequence: no pair exceeds the one before.
  for (let k = 1; k <= end - 2; k += 2) if (rho[k + 1]! + rho[k + 2]! > rho[k - 1]! + rho[k]!) rho[k + 1] = rho[k + 2] = (rho[k - 1]! + rho[k]!) / 2;

  const count = chains * length;
  const sum = rho.slice(0, end + 1).reduce((s, r) => s + r, 0);
  const tau = Math.max(-1 + 2 * sum + beyond, 1 / Math.log10(count));
  return count / tau;
}
