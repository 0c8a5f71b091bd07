import type { Sequence } from "@lab/tensor-core";
import { onCompletion, type Rule } from "../language/rule.ts";

/** Shares of completed prompts, in [0, 1]; NaN where there are none to take a share of. */
export type RuleScores = {
  /** Prompt and completion keep R1; all, and of finished ones alone. */
  readonly r1: number;
  readonly r1Finished: number;
  /** Prompt and completion keep R2. */
  readonly r2: number;
  /** The completion alone keeps R2. */
  readonly r2Completion: number;
  readonly r2CompletionFinished: number;
  /** R1 and R2: prompt and completion are in the language. */
  readonly grammatical: number;
  /** The model said the end symbol by itself. */
  readonly finished: number;
};

export type RuleScoresOptions = {
  readonly r1: Rule;
  readonly r2: Rule;
  /** A rule of whole strings that looks at the completion alone: R2 on what follows the prompt unless told. */
  readonly r2Completion?: Rule;
};

/**
 * #{ x : r(x ŷ(x)) } / #{ x }: how often completed prompts keep each rule of a language, of all and of finished ones [Reizinger2024].
 *
 * Shares of finished completions have denominators that differ from model to model: a model that seldom stops can look perfect. `finished` stands beside them.
 *
 * @example
 * ```ts
 * import { before, equallyMany, ruleScores } from "@lab/nonident";
 * const said = [{ prompt: [1, 0], completion: [], finished: true }, { prompt: [1, 1], completion: [0], finished: false }];
 * const { r1, r1Finished, r2Completion, finished } = ruleScores(said, { r1: equallyMany([0, 1]), r2: before(0, 1) });
 * [r1, r1Finished, r2Completion, finished]; // => [ 0.5, 1, 1, 0.5 ]
 * ```
 */
export function ruleScores(
  completions: readonly { readonly prompt: Sequence; readonly completion: Sequence; readonly finished: boolean }[],
  { r1, r2, r2Completion }: RuleScoresOptions,
): RuleScores {
  const scored = completions.map(({ prompt, completion, finished }) => {
    const whole = [...prompt, ...completion];
    const [one, two] = [r1.holds(whole), r2.holds(whole)];
    return { one, two, finished, said: (r2Completion ?? onCompletion(r2, prompt.length)).holds(whole) };
  });
  const ended = scored.filter(({ finished }) => finished);
  const share = (of: typeof scored, holds: (x: (typeof scored)[number]) => boolean): number => of.filter(holds).length / of.length;
  return {
    r1: share(scored, ({ one }) => one),
    r1Finished: share(ended, ({ one }) => one),
    r2: share(scored, ({ two }) => two),
    r2Completion: share(scored, ({ said }) => said),
    r2CompletionFinished: share(ended, ({ said }) => said),
    grammatical: share(scored, ({ one, two }) => one && two),
    finished: share(scored, ({ finished }) => finished),
  };
}
