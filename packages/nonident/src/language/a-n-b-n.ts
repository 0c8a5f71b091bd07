import { uniformNumbers, type Sequence } from "@lab/tensor-core";
import type { FiniteGrammar } from "./grammar.ts";

const [A, B] = [0, 1];

/** k and l where the sequence is aᵏbˡ, else undefined. */
function counts(sequence: Sequence): readonly [number, number] | undefined {
  const k = sequence.findIndex((token) => token !== A);
  if (k < 0) return [sequence.length, 0];
  return sequence.slice(k).every((token) => token === B) ? [k, sequence.length - k] : undefined;
}

/**
 * { aⁿbⁿ : 1 ≤ n ≤ largest }, a = 0, b = 1, every n equally likely: the language of the study of rule extrapolation, with 128 strings [Reizinger2024].
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
  if (!(Number.isInteger(largest) && largest >= 1)) throw new RangeError(`Cannot bound a language: expected a largest n of at least 1, got ${largest}`);
  const sequences = Array.from({ length: largest }, (_, i) => [...new Array<number>(i + 1).fill(A), ...new Array<number>(i + 1).fill(B)]);
  return {
    alphabet: [A, B],
    sequences,
    contains(sequence) {
      const [k, l] = counts(sequence) ?? [0, 0];
      return k >= 1 && k === l && k <= largest;
    },
    viable(prefix) {
      const found = counts(prefix);
      return found !== undefined && found[0] <= largest && found[1] <= found[0];
    },
    sample: (key) => sequences[Math.floor(uniformNumbers(key, 1)[0]! * largest)]!,
  };
}
