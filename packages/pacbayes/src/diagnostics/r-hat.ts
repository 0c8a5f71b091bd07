import { finiteDraws, halves, mean, variance, type Draws } from "./draws.ts";
import { folded, rankNormal } from "./rank-normal.ts";

/**
 * R̂ = √((B/W + N − 1)/N) of split, rank-normalised chains, the greater one of bulk and folded [Vehtari2021, §4].
 *
 * B is N times the variance of the chains' means, W the mean of their variances. Below 1.01 when chains agree. NaN if a draw is not finite or all are equal.
 *
 * @throws RangeError for fewer than two chains, chains of unequal length or of fewer than 4 draws
 * @example
 * ```ts
 * import { rHat } from "@lab/pacbayes";
 * const wave = (shift: number) => Float64Array.from({ length: 500 }, (_, i) => Math.sin(i * i) + shift);
 * [rHat([wave(0), wave(0)]) < 1.01, rHat([wave(0), wave(2)]) > 1.5]; // => [ true, true ]
 * ```
 */
export function rHat(draws: Draws): number {
  if (draws.length < 2) throw new RangeError(`Cannot apply rHat: expected at least 2 chains, got ${draws.length}`);
  const finite = finiteDraws("rHat", draws);
  if (finite === undefined) return NaN;
  const split = halves(finite);
  return Math.max(scaleReduction(rankNormal(split)), scaleReduction(rankNormal(folded(split))));
}

function scaleReduction(draws: readonly Float64Array[]): number {
  const length = draws[0]!.length;
  const between = length * variance(draws.map(mean));
  const within = mean(draws.map(variance));
  return Math.sqrt((between / within + length - 1) / length);
}
