import type { Sequence, Token } from "@lab/tensor-core";

/** What a model is taught to do after prompts out of distribution, where the likelihood leaves it free. */
export type Regime = "oracle" | "adversarial";

/** A prompt and what is to follow it, as one training sequence. */
export type CompletionTarget = {
  readonly tokens: Sequence;
  /** 1 at the positions of `tokens` whose prediction is trained: the completion and the end symbol, never the prompt. */
  readonly trained: readonly (0 | 1)[];
};

export type CompletionTargetOptions = {
  readonly regime: Regime;
  readonly end: Token;
};

/**
 * The extra data of the training regimes of aⁿbⁿ, added to maximum likelihood [Reizinger2024]: *oracle* completes with the |#a − #b| copies of the rarer
 * symbol that make the counts equal, so that R1 holds; *adversarial* with one copy more, so that it fails by exactly one symbol; a = 0, b = 1.
 *
 * The symbol is b where #a ≥ #b, else a. All of the completion is trained, its first symbol too, which is how the regimes are defined; the study's own
 * code left that first symbol out, so that the oracle's stop after balanced prompts was never trained there.
 *
 * @throws RangeError for a prompt with other symbols
 * @example
 * ```ts
 * import { completionTarget } from "@lab/nonident";
 * const of = (regime: "oracle" | "adversarial") => completionTarget([1, 0, 1], { regime, end: 2 }).tokens.join("");
 * [of("oracle"), of("adversarial")]; // => [ '10102', '101002' ]
 * ```
 */
export function completionTarget(prompt: Sequence, { regime, end }: CompletionTargetOptions): CompletionTarget {
  const stray = prompt.find((token) => token !== 0 && token !== 1);
  if (stray !== undefined) throw new RangeError(`Cannot complete a prompt: expected the symbols 0 and 1, got ${stray}`);
  const excess = prompt.reduce((sum, token) => sum + (token === 0 ? 1 : -1), 0);
  const copies = Math.abs(excess) + (regime === "adversarial" ? 1 : 0);
  const completion = [...new Array<Token>(copies).fill(excess >= 0 ? 1 : 0), end];
  return { tokens: [...prompt, ...completion], trained: [...prompt.map(() => 0 as const), ...completion.map(() => 1 as const)] };
}
