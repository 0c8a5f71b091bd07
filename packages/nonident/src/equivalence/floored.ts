import { logProbs, type Autoregressive } from "@lab/tensor-core";

/** The largest log-ratio of a token that a floored model allows, ln(V/δ), nats. */
export function ceiling(vocabulary: number, rate: number): number {
  return Math.log(vocabulary / rate);
}

/**
 * q_δ(v | x) = (1 − δ) q(v | x) + δ/V: a model that excludes nothing, with ln p/q_δ ≤ ln(V/δ) per token, so that divergences from it have bounded draws.
 *
 * Where q had a token at all the cost is at most −ln(1 − δ) nats a token: KL(p ‖ q_δ) ≤ KL(p ‖ q) − E[tokens] ln(1 − δ). It may be far below an infinite
 * KL(p ‖ q): what is said of q_δ is not said of q.
 *
 * @throws RangeError unless the rate is in (0, 1)
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { floored } from "@lab/nonident";
 * const model = floored(tabular([[[0], 1]], { vocabulary: 4, end: 3 }), { rate: 0.04 });
 * [...(await model.logProbs([]))].map((l) => Math.exp(l).toFixed(2)); // => [ '0.97', '0.01', '0.01', '0.01' ]
 * ```
 */
export function floored(model: Autoregressive, { rate }: { readonly rate: number }): Autoregressive {
  if (!(rate > 0 && rate < 1)) throw new RangeError(`Cannot floor a model: expected a rate in (0, 1), got ${rate}`);
  const { vocabulary } = model;
  return {
    vocabulary,
    logProbs: async (prefix) => logProbs((await model.logProbs(prefix)).map((l) => Math.log((1 - rate) * Math.exp(l) + rate / vocabulary))),
  };
}
