import { logProbs, type Autoregressive, type Sequence } from "@lab/tensor-core";
import { prefixLogProb } from "./prefix-log-prob.ts";
import type { Twin } from "./twin.ts";

/**
 * q(· | x) = p(· | x) where p(x…) > 0, w(· | x) elsewhere: KL(p ‖ q) = KL(q ‖ p) = 0, whatever w is [Reizinger2024].
 *
 * The original is asked for the probability of each prefix, one token at a time; give `viable` where a grammar knows its support.
 *
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { divergences, reroute } from "@lab/nonident";
 * const p = tabular([[[0], 1]], { vocabulary: 3, end: 2 });
 * const { model, kl } = reroute(p, () => [0, 1, 0]);
 * [kl, (await divergences([p, model], { end: 2, longest: 5 })).kl, Math.exp((await model.logProbs([1]))[1])]; // => [ 0, 0, 1 ]
 * ```
 */
export function reroute(
  p: Autoregressive,
  elsewhere: (prefix: Sequence) => ArrayLike<number>,
  { viable }: { readonly viable?: (prefix: Sequence) => boolean } = {},
): Twin {
  const reached = async (prefix: Sequence): Promise<boolean> => viable?.(prefix) ?? (await prefixLogProb(p, prefix)) > -Infinity;
  const model: Autoregressive = {
    vocabulary: p.vocabulary,
    logProbs: async (prefix) => ((await reached(prefix)) ? p.logProbs(prefix) : logProbs(Array.from(elsewhere(prefix), Math.log))),
  };
  return { model, kl: 0, exact: true };
}
