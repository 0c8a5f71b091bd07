export type ShotsForEpsilonOptions = {
  /** The largest cost of one edited prompt, nats: (p₁ − p₂) ln(p₁/p₂) of a swap. */
  readonly cost: number;
  /** The largest conditional probability of one example of a prompt, in (0, 1). */
  readonly rho: number;
};

/**
 * n₀(ε) = ⌈ln(C/ε) / ln(1/ρ)⌉, C = cost/(1 − ρ): from how many shots on **every** prompt may be answered otherwise within KL(p ‖ q) ≤ ε.
 *
 * Prompts of n shots have probability at most ρⁿ, so the edits from n₀ shots on cost at most C ρ^{n₀}.
 *
 * @throws RangeError unless epsilon and cost are above 0 and rho is in (0, 1)
 * @example
 * ```ts
 * import { shotsForEpsilon } from "@lab/nonident";
 * [0.1, 0.01, 0.001].map((epsilon) => shotsForEpsilon(epsilon, { cost: 1, rho: 0.5 })); // => [ 5, 8, 11 ]
 * ```
 */
export function shotsForEpsilon(epsilon: number, { cost, rho }: ShotsForEpsilonOptions): number {
  if (!(epsilon > 0 && cost > 0)) throw new RangeError(`Cannot count shots: expected an epsilon and a cost above 0, got ${epsilon} and ${cost}`);
  if (!(rho > 0 && rho < 1)) throw new RangeError(`Cannot count shots: expected a rho in (0, 1), got ${rho}`);
  return Math.max(0, Math.ceil(Math.log(cost / (1 - rho) / epsilon) / -Math.log(rho)));
}
