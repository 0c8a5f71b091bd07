import type { FiniteGrammar } from "./grammar.ts";
import { runs } from "./runs.ts";

/**
 * { aⁿbⁿcⁿ : 1 ≤ n ≤ largest }, a = 0, b = 1, c = 2, with 85 strings: context-sensitive, the fifth language of rule extrapolation [Meszaros2024].
 *
 * @throws RangeError unless largest is a whole number of at least 1
 * @example
 * ```ts
 * import { aNbNcN } from "@lab/nonident";
 * [aNbNcN().sequences.length, aNbNcN().contains([0, 1, 2]), aNbNcN().viable([0, 0, 1, 2])]; // => [ 85, true, false ]
 * ```
 */
export function aNbNcN({ largest = 85 }: { readonly largest?: number } = {}): FiniteGrammar {
  return runs([0, 1, 2], { largest });
}
