import type { FiniteGrammar } from "./grammar.ts";
import { runs } from "./runs.ts";

/**
 * { aⁿbⁿaⁿ : 1 ≤ n ≤ largest }, a = 0, b = 1, with 42 strings: what a model of aⁿbⁿ is fine-tuned on.
 *
 * @throws RangeError unless largest is a whole number of at least 1
 * @example
 * ```ts
 * import { aNbNaN } from "@lab/nonident";
 * aNbNaN({ largest: 5 }).sequences.map((s) => s.length); // => [ 3, 6, 9, 12, 15 ]
 * ```
 */
export function aNbNaN({ largest = 42 }: { readonly largest?: number } = {}): FiniteGrammar {
  return runs([0, 1, 0], { largest });
}
