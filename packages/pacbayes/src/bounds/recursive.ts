import { maurer } from "./maurer.ts";
import { splitKl } from "./split-kl.ts";

/** A stage after the first: a posterior π_t trained with π_{t−1} for its prior, on data that π_{t−1} has not all seen. */
export type RecursiveStage = {
  /** γ_t in (0, 1): the share of the loss of π_{t−1} that is subtracted. */
  readonly gamma: number;
  /**
   * Of the excess loss f = ℓ(h) − γ ℓ(h′), h ~ π_t, h′ ~ π_{t−1}, zero-one losses: the mean shares of examples with f ≥ 0, f ≥ 1 − γ and f ≥ 1, over the
   * examples that π_{t−1} has not seen.
   */
  readonly shares: readonly [number, number, number];
  /** KL(π_t‖π_{t−1}), nats. */
  readonly kl: number;
  /** The number of those examples. */
  readonly n: number;
};

/** The first stage: π₁ with a prior π₀ that has seen nothing. */
export type RecursiveStart = { readonly empiricalRisk: number; readonly kl: number; readonly n: number };

/**
 * B₁ = kl⁻¹(r̂(π₁), (KL(π₁‖π₀) + ln(2T√n/δ))/n), B_t = E_t + γ_t B_{t−1}: bounds on the risk of every stage, all at once with probability 1 − δ
 * [Wu2024, Theorem 5].
 *
 * A prior learnt on a part of the data keeps the confidence of that part: R(π_t) = E[ℓ(h) − γ_t ℓ(h′)] + γ_t R(π_{t−1}), where E_t bounds the excess loss in
 * {−γ, 0, 1 − γ, 1} by `splitKl` on the examples that π_{t−1} has not seen, and B_{t−1} bounds the rest. The data are split into parts before training; π_t may be
 * trained on parts 1 … t, or more, since each bound holds for all posteriors at once, with π_{t−1} for its prior. Every γ_t is fixed beforehand. Each stage has δ/T.
 *
 * The shares here are exact expectations over h and h′: where they come from draws, take the upper ends of `meanInterval`, whose failure adds to δ.
 *
 * @throws RangeError unless each γ is in (0, 1), shares are in [0, 1] and do not increase, and as `checkedCertificate`
 * @example
 * ```ts
 * import { recursiveBounds } from "@lab/pacbayes";
 * const first = { empiricalRisk: 0.2, kl: 300, n: 60_000 };
 * const second = { gamma: 0.5, shares: [0.92, 0.07, 0.02] as const, kl: 200, n: 30_000 };
 * recursiveBounds(first, [second], { delta: 0.025 }).map((bound) => bound.toFixed(3)); // => [ '0.243', '0.168' ]
 * ```
 */
export function recursiveBounds(first: RecursiveStart, stages: readonly RecursiveStage[], { delta }: { readonly delta: number }): readonly number[] {
  const each = delta / (stages.length + 1);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`Cannot bound the risk: delta must be in (0, 1), got ${delta}`);
  const bounds = [maurer({ ...first, delta: each })];
  for (const { gamma, shares, kl, n } of stages) {
    if (!(gamma > 0 && gamma < 1)) throw new RangeError(`Cannot bound the risk: gamma must be in (0, 1), got ${gamma}`);
    // An excess of at least 1 is one of at least 1 − γ.
    if (shares[1] > shares[0] || shares[2] > shares[1])
      throw new RangeError(`Cannot bound the risk: expected shares that do not increase, got ${shares.join(", ")}`);
    const excess = splitKl({ values: [-gamma, 0, 1 - gamma, 1], shares, kl, n, delta: each });
    const bound = (excess + gamma * bounds.at(-1)!) * (1 + 4 * Number.EPSILON);
    // Not Math.min: NaN must give 1.
    bounds.push(bound < 1 ? Math.max(0, bound) : 1);
  }
  return bounds;
}
