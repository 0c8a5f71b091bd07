import { runs } from "./runs.ts";
import type { FiniteGrammar } from "./grammar.ts";

/**
 * { aⁿbⁿ : 1 ≤ n ≤ largest }, a = 0, b = 1: the language of the study of rule extrapolation, with 128 strings [Reizinger2024].
 *
 * Its two rules: as many a's as b's, and all a's before all b's.
 *
 * @throws RangeError unless largest is a whole number of at least 1
 * @example
 * ```ts
 * import { aNbN } from "@lab/nonident";
 * const language = aNbN({ largest: 3 });
 * [language.contains([0, 0, 1, 1]), language.viable([0, 0, 0, 0]), language.viable([0, 1, 0])]; // => [ true, false, false ]
 * ```
 */
export function aNbN({ largest = 128 }: { readonly largest?: number } = {}): FiniteGrammar {
  return runs([0, 1], { largest });
}
