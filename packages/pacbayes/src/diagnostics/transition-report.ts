import { finiteDraws, type Draws } from "./draws.ts";
import { energyFraction } from "./energy.ts";

/** What a sampler's own record says, over all chains. */
export type TransitionReport = {
  /** How many transitions diverged: |ΔH| above the sampler's threshold, or NaN. */
  readonly divergences: number;
  readonly acceptance: number;
  /** The least E-BFMI of a chain. */
  readonly energyFraction: number;
  readonly warnings: readonly string[];
};

/**
 * Divergences, mean acceptance and the least E-BFMI of transitions after warm-up, [chain][draw] each: what they warn of, any divergence, no acceptance, an
 * E-BFMI below 0.3 [Betancourt2016; Betancourt2017].
 *
 * @throws RangeError for chains of unequal length or of fewer than 4 draws
 * @example
 * ```ts
 * import { transitionReport } from "@lab/pacbayes";
 * const chain = [0, 1, 0, 1];
 * transitionReport({ divergent: [[0, 0, 1, 0]], acceptance: [[0.9, 0.8, 0, 0.9]], hamiltonian: [chain] }).warnings; // => [ '1 divergent transition' ]
 * ```
 */
export function transitionReport({
  divergent,
  acceptance,
  hamiltonian,
}: {
  readonly divergent: Draws;
  readonly acceptance: Draws;
  readonly hamiltonian: Draws;
}): TransitionReport {
  const sum = (draws: Draws, of: (x: number) => number): number => draws.reduce((total, chain) => total + Array.from(chain, of).reduce((s, x) => s + x, 0), 0);
  finiteDraws("transitionReport", divergent);
  finiteDraws("transitionReport", acceptance);
  // Not `=== 1`: NaN counts as divergent.
  const divergences = sum(divergent, (x) => (x === 0 ? 0 : 1));
  const mean = sum(acceptance, (x) => x) / sum(acceptance, () => 1);
  const fractions = energyFraction(hamiltonian);
  const least = fractions.some(Number.isNaN) ? NaN : Math.min(...fractions);
  const warnings = [
    ...(divergences === 0 ? [] : [`${divergences} divergent transition${divergences === 1 ? "" : "s"}`]),
    ...(mean > 0 ? [] : ["No proposal was accepted"]),
    ...(least >= 0.3 ? [] : [`E-BFMI is ${least.toFixed(2)}, below 0.3`]),
  ];
  return { divergences, acceptance: mean, energyFraction: least, warnings };
}
