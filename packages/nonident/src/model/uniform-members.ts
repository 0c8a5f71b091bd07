import { tabular, type Tabular } from "@lab/tensor-core";
import type { Grammar } from "../language/grammar.ts";
import { members } from "../language/members.ts";
import type { ClosedModel } from "./closed-model.ts";

/**
 * p(x) = 1/N on the N members of a language of at most `longest` symbols; the end symbol comes after the alphabet.
 *
 * After prefixes of no member the model is uniform: the likelihood leaves it free there.
 *
 * @throws RangeError where no member is so short, or too many are to be listed
 * @example
 * ```ts
 * import { tomita, uniformMembers } from "@lab/nonident";
 * const { model, end } = uniformMembers(tomita(1), { longest: 3 });
 * [end, Math.exp((await model.logProbs([1]))[1]!).toFixed(3)]; // => [ 2, '0.667' ]
 * ```
 */
export function uniformMembers(grammar: Grammar, { longest }: { readonly longest: number }): ClosedModel & { readonly model: Tabular } {
  const listed = members(grammar, { longest });
  if (listed.length === 0) throw new RangeError(`Cannot spread probability: no member of the language has at most ${longest} symbols`);
  const end = Math.max(...grammar.alphabet) + 1;
  return {
    end,
    model: tabular(
      listed.map((sequence) => [sequence, 1 / listed.length] as const),
      { vocabulary: end + 1, end },
    ),
  };
}
