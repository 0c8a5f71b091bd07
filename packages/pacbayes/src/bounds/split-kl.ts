import { binaryKlInverse } from "./binary-kl.ts";
import { checkedCertificate, complexity } from "./bound.ts";

/** What the split-kl theorem is told about a posterior and a loss of few values. */
export type SplitCertificate = {
  /** b₀ < b₁ < … < b_K, the values that the loss may take; between them it is split. */
  readonly values: readonly number[];
  /** E_ρ of the share of examples with a loss of at least bⱼ, j = 1 … K; for losses between values, the mean of ((f − bⱼ₋₁)/(bⱼ − bⱼ₋₁)) cut to [0, 1]. */
  readonly shares: readonly number[];
  readonly kl: number;
  readonly n: number;
  readonly delta: number;
};

/**
 * E_ρ E[f] ≤ b₀ + Σⱼ (bⱼ − bⱼ₋₁) kl⁻¹(shareⱼ, (KL(ρ‖π) + ln(2K√n/δ))/n), for all ρ at once: the PAC-Bayes-split-kl inequality [Wu2022, Theorem 7].
 *
 * Each of the K parts of f is a loss in [0, 1], bounded by `maurer` at δ/K. For f of three or four values, such as an excess loss, it keeps the tightness of
 * the kl where a bound for [b₀, b_K] would lose it. Rounded outward; at most b_K, which NaN gives. The value may be negative, if b₀ is.
 *
 * @throws RangeError unless the values increase, with a share in [0, 1] for each but the first, and as `checkedCertificate`
 * @example
 * ```ts
 * import { splitKl } from "@lab/pacbayes";
 * splitKl({ values: [-1, 0, 1], shares: [0.9, 0.1], kl: 20, n: 10_000, delta: 0.05 }) < 0.06; // => true
 * ```
 */
export function splitKl({ values, shares, kl, n, delta }: SplitCertificate): number {
  if (values.length < 2 || shares.length !== values.length - 1)
    throw new RangeError(`Cannot bound the risk: expected a share for each value but the first, got ${shares.length} for ${values.length} values`);
  const fall = values.findIndex((value, j) => j > 0 && !(value > values[j - 1]! && value < Infinity));
  if (fall > 0 || !Number.isFinite(values[0])) throw new RangeError(`Cannot bound the risk: expected values to increase, got ${values.join(", ")}`);
  checkedCertificate({ empiricalRisk: 0, kl, n, delta });
  const most = values.at(-1)!;
  let [bound, size] = [values[0]!, Math.abs(values[0]!)];
  shares.forEach((share, j) => {
    const c = complexity({ empiricalRisk: share, kl, n, delta: delta / shares.length });
    const part = (values[j + 1]! - values[j]!) * binaryKlInverse(share, c);
    bound += part;
    size += part;
  });
  // Parts of both signs cancel: rounding is relative to their sizes.
  const up = bound + 16 * Number.EPSILON * size;
  return up < most ? up : most;
}
