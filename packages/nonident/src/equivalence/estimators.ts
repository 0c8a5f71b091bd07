import { logSumExp, summary, variance } from "@lab/tensor-core";
import type { LogRatioDraws } from "./log-ratio-draws.ts";

/** A mean over draws and its standard error, infinite where a draw is. */
export type Estimate = { readonly value: number; readonly standardError: number };

function mean(values: ArrayLike<number>): Estimate {
  const all = Array.from(values);
  if (all.some((x) => x === Infinity)) return { value: Infinity, standardError: Infinity };
  const found = summary(all);
  return { value: found.mean, standardError: Math.sqrt(variance(found) / found.count) };
}

/**
 * k1 = mean of ln p(y)/q(y), y ~ p: KL(p ‖ q) without bias, nats per sequence; may be negative.
 *
 * @example
 * ```ts
 * import { logRatioKl } from "@lab/nonident";
 * logRatioKl({ logRatios: Float64Array.of(0.5, -0.1) }).value; // => 0.2
 * ```
 */
export function logRatioKl({ logRatios }: Pick<LogRatioDraws, "logRatios">): Estimate {
  return mean(logRatios);
}

/**
 * Rao–Blackwell: mean of Σₜ KL(p(· | y₍<t₎) ‖ q(· | y₍<t₎)), y ~ p: KL(p ‖ q) without bias, nats per sequence, never negative [Amini2025].
 *
 * At each step its variance is not above that of k1; of the sum over steps that is **not** a law: steps may be correlated.
 *
 * @example
 * ```ts
 * import { raoBlackwellKl } from "@lab/nonident";
 * raoBlackwellKl({ conditionalKls: Float64Array.of(0.25, 0.75) }); // => { value: 0.5, standardError: 0.25 }
 * ```
 */
export function raoBlackwellKl({ conditionalKls }: Pick<LogRatioDraws, "conditionalKls">): Estimate {
  return mean(conditionalKls);
}

/**
 * k2 = mean of ½ (ln p(y)/q(y))², y ~ p: **biased**, a second-order approximation of KL(p ‖ q) near p = q; nats per sequence.
 *
 * @example
 * ```ts
 * import { squaredLogRatio } from "@lab/nonident";
 * squaredLogRatio({ logRatios: Float64Array.of(2, -2) }).value; // => 2
 * ```
 */
export function squaredLogRatio({ logRatios }: Pick<LogRatioDraws, "logRatios">): Estimate {
  return mean(logRatios.map((l) => (l * l) / 2));
}

/**
 * k3 = mean of r − 1 − ln r, r = q(y)/p(y) of the whole sequence, y ~ p: ln p/q with the control variate r − 1, never negative.
 *
 * Its mean is KL(p ‖ q) − q(outside the support of p): **low by as much as q leaks**, for it takes E_p[q/p] = 1.
 *
 * @example
 * ```ts
 * import { controlVariateKl } from "@lab/nonident";
 * // A mixture that leaks 0.1: ln p/q = −ln 0.9 on every draw, and KL = 0.10536.
 * controlVariateKl({ logRatios: new Float64Array(4).fill(-Math.log(0.9)) }).value.toFixed(5); // => '0.00536'
 * ```
 */
export function controlVariateKl({ logRatios }: Pick<LogRatioDraws, "logRatios">): Estimate {
  return mean(logRatios.map((l) => Math.expm1(-l) + l));
}

/**
 * E_p[max(0, 1 − q/p)]: total variation, in [0, 1]; a term of q alone is counted once, as what p has too much.
 *
 * @example
 * ```ts
 * import { sampledTv } from "@lab/nonident";
 * sampledTv({ logRatios: Float64Array.of(Math.log(2), -1) }).value; // => 0.25
 * ```
 */
export function sampledTv({ logRatios }: Pick<LogRatioDraws, "logRatios">): Estimate {
  return mean(logRatios.map((l) => Math.max(0, -Math.expm1(-l))));
}

/**
 * 1 − E_p[√(q/p)]: squared Hellinger distance, the ½ in, in [0, 1].
 *
 * @example
 * ```ts
 * import { sampledSquaredHellinger } from "@lab/nonident";
 * sampledSquaredHellinger({ logRatios: Float64Array.of(Infinity, 0) }).value; // => 0.5
 * ```
 */
export function sampledSquaredHellinger({ logRatios }: Pick<LogRatioDraws, "logRatios">): Estimate {
  return mean(logRatios.map((l) => -Math.expm1(-l / 2)));
}

/**
 * ½ E_p[ln p/m] + ½ E_q[ln q/m], m = (p + q)/2 over whole sequences: Jensen–Shannon divergence, nats, from draws of p and draws of q.
 *
 * The second draws are those of `logRatioDraws` with the models exchanged: log-ratios ln q/p under q.
 *
 * @example
 * ```ts
 * import { sampledJs } from "@lab/nonident";
 * const disjoint = { logRatios: Float64Array.of(Infinity, Infinity) };
 * sampledJs(disjoint, disjoint).value === Math.LN2; // => true
 * ```
 */
export function sampledJs(fromP: Pick<LogRatioDraws, "logRatios">, fromQ: Pick<LogRatioDraws, "logRatios">): Estimate {
  const half = ({ logRatios }: Pick<LogRatioDraws, "logRatios">): Estimate => mean(logRatios.map((l) => Math.LN2 - Math.log1p(Math.exp(-l))));
  const [a, b] = [half(fromP), half(fromQ)];
  return { value: (a.value + b.value) / 2, standardError: Math.hypot(a.standardError, b.standardError) / 2 };
}

/** An estimate of heavy tails, and how many draws it rests on. */
export type TailEstimate = Estimate & {
  /** (Σ w)²/Σ w² of the weights that were averaged: near 1, a single draw decides. */
  readonly effectiveDraws: number;
};

/**
 * (α − 1)⁻¹ ln E_p[(p/q)^(α − 1)]: Rényi divergence of order α, nats, by a log-mean-exp [Renyi1961]; the error is first-order.
 *
 * Its weights have heavy tails: where few effective draws remain the value is too low, whatever its error says. The χ² divergence is e^(value) − 1 at
 * order 2.
 *
 * @throws RangeError unless alpha is above 0 and not 1
 * @example
 * ```ts
 * import { sampledRenyi } from "@lab/nonident";
 * const { value, effectiveDraws } = sampledRenyi({ logRatios: Float64Array.of(0.5, 0.5) }, { alpha: 2 });
 * [value.toFixed(6), effectiveDraws.toFixed(6)]; // => [ '0.500000', '2.000000' ]
 * ```
 */
export function sampledRenyi({ logRatios }: Pick<LogRatioDraws, "logRatios">, { alpha }: { readonly alpha: number }): TailEstimate {
  if (!(alpha > 0 && Number.isFinite(alpha) && alpha !== 1))
    throw new RangeError(`Cannot take a Rényi divergence: expected an order above 0 other than 1, got ${alpha}`);
  const weights = logRatios.map((l) => (alpha - 1) * l);
  const [first, second] = [logSumExp(weights), logSumExp(weights.map((w) => 2 * w))];
  const n = logRatios.length;
  if (first === Infinity || first === -Infinity) return { value: Infinity, standardError: Infinity, effectiveDraws: 0 };
  const effectiveDraws = Math.exp(2 * first - second);
  // sd(w)/mean(w)/√n, with E[w²]/E[w]² = n/effectiveDraws.
  const relative = Math.sqrt(Math.max(0, n / effectiveDraws - 1) / Math.max(1, n - 1));
  return { value: (first - Math.log(n)) / (alpha - 1), standardError: relative / Math.abs(alpha - 1), effectiveDraws };
}
