import { foldIn, type Key, type Token } from "@lab/tensor-core";
import { normalForm, type ContextFree } from "./context-free.ts";
import type { Grammar } from "./grammar.ts";
import { recognition } from "./recognition.ts";
import { uniformWholeNumber } from "./uniform-whole-number.ts";

/**
 * The language of a context-free grammar, weights aside, with **derivations** counted and drawn evenly: strings, where the grammar is unambiguous
 * [Hickey1983]. An ambiguous one draws a string as often as it has derivations.
 *
 * Membership and viable prefixes are decided by chart parsing in O(n³) whatever the ambiguity. Counts are exact whole numbers.
 *
 * @throws RangeError for a grammar without productions of a nonterminal, or with infinitely many derivations of one string
 * @example
 * ```ts
 * import { contextFree } from "@lab/nonident";
 * const palindromes = contextFree({ start: "S", productions: [[0, "S", 0], [1, "S", 1], [0], [1], []].map((right) => ({ left: "S", right })) });
 * [palindromes.contains([0, 1, 0]), palindromes.viable([0, 1]), palindromes.count(4), palindromes.count(5)]; // => [ true, true, 4n, 8n ]
 * ```
 */
export function contextFree({ start, productions }: ContextFree): Grammar {
  const grammar = normalForm({ start, productions: productions.map(({ left, right }) => ({ left, right })) });
  const { size, alphabet, binary, terminal, empty } = grammar;
  const whole = (weight: number): bigint => BigInt(Math.round(weight));
  const recognised = recognition(grammar);
  const counts: bigint[][] = [new Array<bigint>(size).fill(0n)];
  const counted = (length: number): readonly bigint[] => {
    for (let n = counts.length; n <= length; n++) {
      const row = new Array<bigint>(size).fill(0n);
      if (n === 1) for (const [left, , weight] of terminal) row[left]! += whole(weight);
      for (const [left, first, second, weight] of binary)
        for (let k = 1; k < n; k++) row[left]! += whole(weight) * counts[k]![first]! * counts[n - k]![second]!;
      counts[n] = row;
    }
    return counts[length]!;
  };
  const count = (length: number): bigint => {
    if (!(Number.isInteger(length) && length >= 0))
      throw new RangeError(`Cannot count strings: expected a length that is a whole number of at least 0, got ${length}`);
    return length === 0 ? whole(empty) : counted(length)[0]!;
  };
  const drawn = (key: Key, left: number, length: number): Token[] => {
    let rank = uniformWholeNumber(foldIn(key, 0), counted(length)[left]!);
    if (length === 1)
      for (const [from, token, weight] of terminal) {
        if (from !== left) continue;
        if (rank < whole(weight)) return [token];
        rank -= whole(weight);
      }
    for (const [from, first, second, weight] of binary) {
      if (from !== left) continue;
      for (let k = 1; k < length; k++) {
        const below = whole(weight) * counts[k]![first]! * counts[length - k]![second]!;
        if (rank < below) return [...drawn(foldIn(key, 1), first, k), ...drawn(foldIn(key, 2), second, length - k)];
        rank -= below;
      }
    }
    return [];
  };
  return {
    alphabet,
    count,
    contains: (sequence) => recognised(sequence).whole,
    viable: (prefix) => recognised(prefix).prefix,
    sample(key, { length }) {
      if (count(length) === 0n) throw new RangeError(`Cannot sample a string: no member has length ${length}`);
      return length === 0 ? [] : drawn(key, 0, length);
    },
  };
}
