import type { Autoregressive } from "@lab/tensor-core";
import { compared, type Extent } from "../equivalence/compared.ts";
import { sequenceKl } from "../equivalence/sequence-kl.ts";
import type { Twin } from "./twin.ts";

export type StopInContextOptions = Extent & {
  /** How many tokens of context are learnt from: prefixes of at least so many are answered without them. */
  readonly after: number;
};

/** What stands in the way of learning in context, and what the cut left out. */
export type StopInContext = Twin & {
  /** The probability, under p, of sequences longer than the cut: `kl` counts their first `longest` tokens alone. */
  readonly unfinished: number;
};

/**
 * q(· | s) = p(· | s) where |s| < T, m(·) = p(· | empty prefix) where |s| ≥ T: a model that stops learning in context after T tokens.
 *
 * KL(p ‖ q) = Σ_{t ≥ T} E_p KL(p(· | y₍<t₎) ‖ m), nats per sequence of at most `longest` tokens, by enumeration. It is never above the divergence of
 * whole sequences, and that divergence where `unfinished` is zero; of endless sequences it is that of their first `longest` tokens. Infinite where m excludes what p allows.
 *
 * @throws RangeError unless `after` is a whole number of at least 0, `end`, if any, is in the vocabulary, and `longest` is a whole number of at least 1
 * @example
 * ```ts
 * import { coinMixture, stopInContext } from "@lab/nonident";
 * const coins = coinMixture({ weights: [0.5, 0.5], heads: [0.1, 0.6] });
 * (await stopInContext(coins, { after: 2, end: undefined, longest: 10 })).kl.toFixed(6); // => '0.837906'
 * ```
 */
export async function stopInContext(p: Autoregressive, { after, end, longest }: StopInContextOptions): Promise<StopInContext> {
  compared([p, p], { end, longest });
  if (!(Number.isInteger(after) && after >= 0)) throw new RangeError(`Cannot stop learning: expected a number of tokens of at least 0, got ${after}`);
  const base = await p.logProbs([]);
  const model: Autoregressive = { vocabulary: p.vocabulary, logProbs: (prefix) => (prefix.length < after ? p.logProbs(prefix) : base) };
  const { value, unfinished } = await sequenceKl([p, model], { end, longest });
  return { model, kl: value, exact: end === undefined || unfinished === 0, unfinished };
}
