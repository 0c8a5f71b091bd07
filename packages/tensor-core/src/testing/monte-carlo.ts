/** Draws of one quantity: of one chain, or of several of equal length. */
export type Draws = ArrayLike<number> | readonly ArrayLike<number>[];
/** What draws say of an expectation: its value, its Monte Carlo standard error, and how many independent draws they are worth. */
export type Estimate = { readonly mean: number; readonly error: number; readonly ess: number };

const STANDARD_ERRORS = 5;

function chainsOf(draws: Draws): readonly ArrayLike<number>[] {
  const chains = typeof draws[0] === "number" ? [draws as ArrayLike<number>] : (draws as readonly ArrayLike<number>[]);
  const length = chains[0]?.length ?? 0;
  if (length < 4 || chains.some((chain) => chain.length !== length))
    throw new RangeError(
      `Cannot estimate an expectation: expected chains of equally many draws, at least 4, got ${chains.map((chain) => chain.length).join(", ") || "none"}`,
    );
  return chains;
}

function average(xs: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < xs.length; i++) sum += xs[i]!;
  return sum / xs.length;
}

/** (1/N) Σ (xₜ − m)(xₜ₊ₖ − m) about the common mean. */
function autocovariance(x: ArrayLike<number>, mean: number, lag: number): number {
  let sum = 0;
  for (let t = 0; t + lag < x.length; t++) sum += (x[t]! - mean) * (x[t + lag]! - mean);
  return sum / x.length;
}

/**
 * ESS = MN / (−1 + 2 Σ P̂ₖ), P̂ₖ = ρ̂₂ₖ + ρ̂₂ₖ₊₁ summed while positive and made to fall: the initial monotone positive sequence [Geyer1992, section 3.3].
 *
 * The chains of one quantity share a mean, so that chains that disagree count for little. Draws that never move are worth none.
 *
 * @throws RangeError for fewer than 4 draws, or chains of different lengths
 * @example
 * ```ts
 * import { effectiveDraws } from "@lab/tensor-core/testing";
 * const stuck = Array.from({ length: 1000 }, (_, t) => Math.floor(t / 500));
 * effectiveDraws(stuck) < 10; // => true
 * ```
 */
export function effectiveDraws(draws: Draws): number {
  const chains = chainsOf(draws);
  const [count, length] = [chains.length, chains[0]!.length];
  const mean = average(chains.map(average));
  const covariance = (lag: number): number => average(chains.map((chain) => autocovariance(chain, mean, lag)));
  const variance = covariance(0);
  if (!(variance > 0)) return 0;
  let [sum, last] = [0, Infinity];
  for (let lag = 0; lag + 1 < length; lag += 2) {
    const pair = (covariance(lag) + covariance(lag + 1)) / variance;
    if (!(pair > 0)) break;
    last = Math.min(last, pair);
    sum += last;
  }
  return Math.min(count * length, (count * length) / Math.max(2 * sum - 1, 1 / (count * length)));
}

/** The mean of draws, with its Monte Carlo standard error s/√ESS. */
function estimated(draws: Draws): Estimate {
  const chains = chainsOf(draws);
  const mean = average(chains.map(average));
  const variance = average(chains.map((chain) => autocovariance(chain, mean, 0)));
  const ess = effectiveDraws(draws);
  return { mean, ess, error: Math.sqrt(variance / ess) };
}

/**
 * Holds draws to an expectation that is known: at least `ess` effective draws, then |mean − truth| ≤ 5 s/√ESS.
 *
 * The gate comes first: a sampler that hardly moves has large errors and would pass anything.
 *
 * @throws Error that says the numbers, if the draws are worth too little or their mean is too far off
 * @example
 * ```ts
 * import { expectation } from "@lab/tensor-core/testing";
 * const draws = Array.from({ length: 1000 }, (_, i) => Math.sin(i * i));
 * expectation(draws, 0, { ess: 400 }).ess > 400; // => true
 * ```
 */
export function expectation(draws: Draws, truth: number, { ess }: { ess: number }): Estimate {
  const estimate = estimated(draws);
  if (!(estimate.ess >= ess)) throw new Error(`Expected at least ${ess} effective draws, got ${estimate.ess.toFixed(1)}`);
  const distance = Math.abs(estimate.mean - truth);
  if (!(distance <= STANDARD_ERRORS * estimate.error)) {
    const away = (distance / estimate.error).toFixed(1);
    throw new Error(
      `Expected a mean of ${truth}, got ${estimate.mean} ± ${estimate.error}: ${away} standard errors off, with ${estimate.ess.toFixed(0)} effective draws`,
    );
  }
  return estimate;
}
