import type { Autoregressive, Token } from "@lab/tensor-core";
import type { Prompts } from "../language/prompts.ts";
import { greedyCompletion, type GreedyCompletion } from "./greedy-completion.ts";
import type { Behaviour, Probe } from "./probe.ts";
import { ruleScores, type RuleScoresOptions } from "./rule-scores.ts";
import { share, type Measurement } from "./share.ts";

export type RuleExtrapolationOptions = RuleScoresOptions & {
  readonly prompts: Prompts;
  readonly end: Token;
  /** The most tokens of a completion. */
  readonly longest: number;
  readonly alpha?: number;
};

/** What scores are called in a table; the names of those that are shares of finished completions alone end so. */
const NAMES = {
  R1: "r1",
  "R1, finished": "r1Finished",
  R2: "r2",
  "R2 of completions": "r2Completion",
  "R2 of completions, finished": "r2CompletionFinished",
  grammatical: "grammatical",
  finished: "finished",
} as const;

/**
 * #{ x : r(x ŷ(x)) } / #{ x } over prompts x in and out of the language's viable prefixes, ŷ greedy: does a model keep the rules that a prompt has not
 * broken [Reizinger2024]?
 *
 * Each share has its limits and its denominator: "OOD R1" is of all prompts out of distribution, "OOD R1, finished" of those whose completion ended by
 * itself, which are other ones for each model. Limits regard the prompts as drawn from more of their kind; of a list that is complete the share itself is exact.
 *
 * @throws RangeError, when measured, for prompts outside the vocabulary, an end symbol outside it, or a longest below 1
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { aNbN, before, equallyMany, prompts, ruleExtrapolation, uniformMembers } from "@lab/nonident";
 * const { model, end } = uniformMembers(aNbN(), { longest: 16 });
 * const probe = ruleExtrapolation({ prompts: prompts(aNbN(), { length: 8 }), r1: equallyMany([0, 1]), r2: before(0, 1), end, longest: 32 });
 * const found = await probe.measure(model, key(0));
 * [found["ID R1"]!.value, found["ID R1"]!.count, found["OOD R1"]!.count]; // => [ 1, 5, 251 ]
 * ```
 */
export function ruleExtrapolation({ prompts, end, longest, alpha = 0.05, ...rules }: RuleExtrapolationOptions): Probe<Autoregressive, Behaviour> {
  return {
    name: "rule extrapolation",
    async measure(model) {
      const found: Record<string, Measurement> = {};
      for (const [where, among] of [
        ["OOD", prompts.outOfDistribution],
        ["ID", prompts.inDistribution],
      ] as const) {
        const said: GreedyCompletion[] = [];
        for (const prompt of among) said.push(await greedyCompletion(model, prompt, { end, longest }));
        const ended = said.filter(({ finished }) => finished).length;
        const scores = ruleScores(said, rules);
        for (const [name, field] of Object.entries(NAMES)) {
          const count = name.endsWith(", finished") ? ended : said.length;
          found[`${where} ${name}`] = share(count === 0 ? 0 : Math.round(scores[field] * count), { count, alpha });
        }
      }
      return found;
    },
  };
}
