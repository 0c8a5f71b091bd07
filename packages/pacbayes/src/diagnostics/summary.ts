import { effectiveSampleSize } from "./effective-sample-size.ts";
import { finiteDraws, mean, pooled, quantile, variance, type Draws } from "./draws.ts";
import { monteCarloError } from "./monte-carlo-error.ts";
import { rHat } from "./r-hat.ts";

/** One scalar over all chains, with the errors of what is said of it. */
export type DrawsSummary = {
  readonly mean: number;
  readonly sd: number;
  /** The 5 %, 50 % and 95 % quantiles. */
  readonly quantiles: readonly [number, number, number];
  readonly errorMean: number;
  readonly errorSd: number;
  readonly errorQuantiles: readonly [number, number, number];
  readonly bulk: number;
  readonly tail: number;
  /** NaN for a single chain. */
  readonly rHat: number;
  readonly chains: number;
  /** Of each chain. */
  readonly draws: number;
  /** What falls short of its threshold, in words; none if all is well. */
  readonly warnings: readonly string[];
};

/**
 * Mean, standard deviation and quantiles of a scalar's draws, each with its Monte-Carlo error; R̂, bulk and tail effective sample sizes, and what falls short:
 * R̂ < 1.01, at least 100 effective draws a chain and 400 in all [Vehtari2021].
 *
 * Of identifiable scalars: the energy n r̂, the zero-one risk, ‖u‖², a predicted probability. `summaries` takes several by name. NaN throughout if a draw is
 * not finite, which warns.
 *
 * @throws RangeError for chains of unequal length, or of fewer than 4 draws
 * @example
 * ```ts
 * import { summary } from "@lab/pacbayes";
 * const wave = (shift: number) => Float64Array.from({ length: 500 }, (_, i) => Math.sin(i * i + shift));
 * const { sd, warnings } = summary([wave(0), wave(1)]);
 * [sd.toFixed(2), warnings]; // => [ '0.71', [] ]
 * ```
 */
export function summary(draws: Draws): DrawsSummary {
  const finite = finiteDraws("summary", draws);
  const levels = [0.05, 0.5, 0.95] as const;
  const [all, chains, length] = [pooled(finite ?? draws.map((chain) => Float64Array.from(chain, () => NaN))), draws.length, draws[0]!.length];
  const [bulk, tail] = [effectiveSampleSize(draws), effectiveSampleSize(draws, { of: "tail" })];
  const scale = chains > 1 ? rHat(draws) : NaN;
  const of = (what: (p: number) => number): readonly [number, number, number] => [what(levels[0]), what(levels[1]), what(levels[2])];
  return {
    mean: mean(all),
    sd: Math.sqrt(variance(all)),
    quantiles: of((p) => quantile(all, p)),
    errorMean: monteCarloError(draws),
    errorSd: monteCarloError(draws, { of: "sd" }),
    errorQuantiles: of((p) => (finite === undefined ? NaN : monteCarloError(draws, { of: { quantile: p } }))),
    bulk,
    tail,
    rHat: scale,
    chains,
    draws: length,
    warnings: warnings({ finite: finite !== undefined, scale, bulk, tail, chains }),
  };
}

function warnings({ finite, scale, bulk, tail, chains }: { finite: boolean; scale: number; bulk: number; tail: number; chains: number }): readonly string[] {
  if (!finite) return ["Some draws are not finite"];
  const wanted = Math.max(400, 100 * chains);
  return [
    ...(chains === 1 ? ["One chain only: R̂ is not defined"] : []),
    // Not `>=`: NaN must warn.
    ...(chains > 1 && !(scale < 1.01) ? [`R̂ is ${scale.toFixed(3)}, not below 1.01`] : []),
    ...(bulk >= wanted ? [] : [`Bulk effective sample size is ${Math.floor(bulk)}, below ${wanted}`]),
    ...(tail >= wanted ? [] : [`Tail effective sample size is ${Math.floor(tail)}, below ${wanted}`]),
  ];
}

/**
 * `summary` of several scalars by name.
 *
 * @throws RangeError as `summary`
 * @example
 * ```ts
 * import { summaries } from "@lab/pacbayes";
 * Object.keys(summaries({ energy: [[1, 2, 3, 4]], risk01: [[0.1, 0.2, 0.1, 0.3]] })); // => [ 'energy', 'risk01' ]
 * ```
 */
export function summaries(scalars: { readonly [name: string]: Draws }): { readonly [name: string]: DrawsSummary } {
  return Object.fromEntries(Object.entries(scalars).map(([name, draws]) => [name, summary(draws)]));
}
