import { logSumExp } from "@lab/tensor-core";
import { checkedLadder } from "../gibbs/ladder.ts";

/** What M annealed trajectories say of the evidence, nats. */
export type AnnealedEvidence = {
  /** −ln Ẑ, Ẑ the mean weight; E[Ẑ] = Z exactly, so that it lies above F but for the luck of the draws. */
  readonly freeEnergy: number;
  /** Its standard error by the delta method, sd(w)/(w̄ √M); for information. */
  readonly error: number;
  /** (Σw)²/Σw², of M. */
  readonly ess: number;
  /** The standard deviation of ln w; above 1 or 2 the ladder is too coarse or the moves too weak. */
  readonly logWeightSd: number;
  /** ln w of each trajectory. */
  readonly logWeights: readonly number[];
};

/**
 * ln w = −Σᵢ (βᵢ₊₁ − βᵢ) Uᵢ, Ẑ = mean w: annealed importance sampling, Uᵢ the energy before the move at βᵢ₊₁ [Neal2001, §2].
 *
 * E[Ẑ] = Z for a schedule fixed beforehand, exact draws at β = 0 and moves that leave each ρ_β invariant, however badly they mix. `energies`
 * [step][chain]: what `annealedImportance` records, one row for each interval of the ladder. An energy of NaN, or infinite, gives its trajectory the weight 0,
 * which can only raise −ln Ẑ.
 *
 * @throws RangeError unless the ladder starts at 0 and increases, with a row for each interval and rows of equal, positive length
 * @example
 * ```ts
 * import { annealedEvidence } from "@lab/pacbayes";
 * annealedEvidence([[3, 3], [3, 3]], [0, 0.25, 0.5]).freeEnergy; // => 1.5
 * ```
 */
export function annealedEvidence(energies: readonly ArrayLike<number>[], ladder: readonly number[]): AnnealedEvidence {
  checkedLadder(ladder);
  if (energies.length !== ladder.length - 1 || energies.length === 0)
    throw new RangeError(`Cannot anneal: expected a row of energies for each of ${ladder.length - 1} intervals, got ${energies.length}`);
  const chains = energies[0]!.length;
  if (chains === 0 || energies.some((row) => row.length !== chains)) throw new RangeError(`Cannot anneal: expected rows of ${chains || "some"} chains each`);
  const logWeights = Array.from({ length: chains }, (_, chain) => {
    const sum = energies.reduce((total, row, i) => total - (ladder[i + 1]! - ladder[i]!) * row[chain]!, 0);
    return Number.isFinite(sum) ? sum : -Infinity;
  });
  const total = logSumExp(logWeights);
  const freeEnergy = Math.log(chains) - total;
  const ess = total === -Infinity ? 0 : Math.exp(2 * total - logSumExp(logWeights.map((w) => 2 * w)));
  const centre = logWeights.reduce((s, w) => s + w, 0) / chains;
  const logWeightSd = Math.sqrt(logWeights.reduce((s, w) => s + (w - centre) ** 2, 0) / (chains - 1));
  // Σ(w/w̄ − 1)²/(M − 1)/M = (M/ess − 1)/(M − 1)
  return { freeEnergy, error: Math.sqrt(Math.max(0, chains / ess - 1) / (chains - 1)), ess, logWeightSd, logWeights };
}
