import type { Tabular } from "@lab/tensor-core";
import { hiddenMarkovMixture } from "./hidden-markov.ts";

export type CoinMixtureOptions = {
  /** How likely each coin is. */
  readonly weights: readonly number[];
  /** The chance of heads, token 1, of each coin. */
  readonly heads: readonly number[];
};

/**
 * p(o₁ … o_T) = Σ_θ π(θ) Π θ^{oₜ} (1 − θ)^{1 − oₜ}: flips of one coin that nobody named, the smallest case of learning in context.
 *
 * Tails 0, heads 1. Endless: its first tokens are compared.
 *
 * @throws RangeError unless there are as many weights as coins, weights sum to one, and all are probabilities
 * @example
 * ```ts
 * import { coinMixture } from "@lab/nonident";
 * const coins = coinMixture({ weights: [0.5, 0.5], heads: [0.1, 0.6] });
 * const afterThreeOfTen = coins.logProbs([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
 * Math.exp(afterThreeOfTen[1]!).toFixed(8); // => '0.31262803'
 * ```
 */
export function coinMixture({ weights, heads }: CoinMixtureOptions): Tabular {
  return hiddenMarkovMixture(
    heads.map((h) => ({ start: [1], transitions: [[1]], emissions: [[1 - h, h]] })),
    { weights },
  );
}
