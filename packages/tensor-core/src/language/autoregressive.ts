import { logSumExp } from "../numeric/log-sum-exp.ts";
import type { Sequence } from "./token.ts";

export type Awaitable<T> = T | Promise<T>;
declare const logProbsBrand: unique symbol;
/** ln p(· | prefix) over the vocabulary, nats, float64; its exponentials sum to one. */
export type LogProbs = Float64Array & { readonly [logProbsBrand]: true };

/**
 * A distribution over sequences, one token at a time: a table, a network or a remote service.
 *
 * It answers for **every** prefix, those of probability zero included; the empty prefix is the start of a sequence.
 */
export interface Autoregressive {
  readonly vocabulary: number;
  logProbs(prefix: Sequence): Awaitable<LogProbs>;
}

/**
 * ln softmax(logits) = z − ln Σ_v exp z_v, nats, float64.
 *
 * @throws RangeError for no logits, a NaN, or no finite largest logit
 * @example
 * ```ts
 * import { logProbs } from "@lab/tensor-core";
 * [...logProbs([0, Math.log(3)])].map((l) => Math.exp(l).toFixed(6)); // => [ '0.250000', '0.750000' ]
 * ```
 */
export function logProbs(logits: ArrayLike<number>): LogProbs {
  const top = Array.from(logits).reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(top)) throw new RangeError(`Cannot normalise logits: expected a finite largest one, got [${Array.from(logits).join(", ")}]`);
  // The largest is subtracted first: far from zero a difference with the sum would lose digits.
  const shifted = Float64Array.from(logits, (z) => z - top);
  const total = logSumExp(shifted);
  return shifted.map((z) => z - total) as LogProbs;
}
