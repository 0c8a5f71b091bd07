/** How much a model wants to call: higher is more. A function of its logits, `<CALL>` last; only `callLogit` is not the same for log-probabilities. */
export type CallScore = (logits: ArrayLike<number>) => number;

/** The largest own logit, and ln Σ exp of all own ones. */
function own(logits: ArrayLike<number>): { readonly top: number; readonly partition: number; readonly call: number } {
  const last = logits.length - 1;
  if (last < 1) throw new RangeError(`Cannot score a call: expected the logits of at least one token and <CALL>, got ${logits.length}`);
  let top = -Infinity;
  for (let v = 0; v < last; v++) top = Math.max(top, logits[v]!);
  let sum = 0;
  for (let v = 0; v < last; v++) sum += Math.exp(logits[v]! - top);
  return { top, partition: top + Math.log(sum), call: logits[last]! };
}

/**
 * m = z_c − max_{v ≠ c} z_v: the call against the best own token, nats; greedy decoding calls where m ≥ 0 [Ujvary2026]. It says how often the place was
 * delegated and how unsure the model is of its own word.
 *
 * @throws RangeError for fewer than two logits
 * @example
 * ```ts
 * import { margin } from "@lab/lacy";
 * margin([1, 3, 2]); // => -1
 * ```
 */
export const margin: CallScore = (logits) => {
  const { top, call } = own(logits);
  return call - top;
};

/**
 * s = z_c − ln Σ_{v ≠ c} exp z_v = ln p_c/(1 − p_c), nats. It says how often the place was delegated, up to a level that depends on how long was trained.
 *
 * @throws RangeError for fewer than two logits
 * @example
 * ```ts
 * import { logOdds } from "@lab/lacy";
 * logOdds([0, 0, 0]).toFixed(4); // => '-0.6931'
 * ```
 */
export const logOdds: CallScore = (logits) => {
  const { partition, call } = own(logits);
  return call - partition;
};

/**
 * ln p_c = −ln(1 + e^{−s}), nats: ranks places as `logOdds` does. It is the probability of nothing: no loss pushes it down.
 *
 * @throws RangeError for fewer than two logits
 * @example
 * ```ts
 * import { callLogProbability } from "@lab/lacy";
 * callLogProbability([0, 0, 0]).toFixed(4); // => '-1.0986'
 * ```
 */
export const callLogProbability: CallScore = (logits) => {
  const odds = logOdds(logits);
  return odds > 0 ? -Math.log1p(Math.exp(-odds)) : odds - Math.log1p(Math.exp(odds));
};

/**
 * z_c, the bare logit. Logits are known up to a constant of each place, which this score is not free of: it is here to compare with, and asks for a model that gives logits.
 *
 * @throws RangeError for fewer than two logits
 * @example
 * ```ts
 * import { callLogit } from "@lab/lacy";
 * callLogit([1, 3, 2]); // => 2
 * ```
 */
export const callLogit: CallScore = (logits) => own(logits).call;
