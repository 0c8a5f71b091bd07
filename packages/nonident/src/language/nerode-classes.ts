import type { Sequence } from "@lab/tensor-core";
import type { Grammar } from "./grammar.ts";

export type NerodeClassesOptions = {
  /** Prefixes of up to so many symbols are told apart. */
  readonly prefix: number;
  /** By continuations of up to so many symbols; as long as the prefixes unless told. */
  readonly suffix?: number;
};

/**
 * How many prefixes differ in what may follow: |{ (1[uv ∈ L])_{|v| ≤ s} : |u| ≤ p }|, the states that any deterministic automaton of L needs at least
 * [Nerode1958].
 *
 * Only membership is asked, so that L may be what a model says: the strings it completes, or finds likely enough. The refusal for good is a class. With a
 * minimal automaton of m states the number is m as soon as p ≥ m − 1 and s ≥ m − 2; it grows for ever with p where L is not regular. Membership is asked
 * once for each of the Σ_{k ≤ p + s} |Σ|ᵏ strings.
 *
 * @throws RangeError unless prefix and suffix are whole numbers of at least 0
 * @example
 * ```ts
 * import { aNbN, nerodeClasses, parity } from "@lab/nonident";
 * const grammar = { alphabet: [0, 1], contains: aNbN({ largest: 20 }).contains };
 * [nerodeClasses(parity(), { prefix: 4 }), ...[1, 2, 3].map((prefix) => nerodeClasses(grammar, { prefix }))]; // => [ 2, 2, 5, 7 ]
 * ```
 */
export function nerodeClasses({ alphabet, contains }: Pick<Grammar, "alphabet" | "contains">, { prefix, suffix = prefix }: NerodeClassesOptions): number {
  for (const length of [prefix, suffix])
    if (!(Number.isInteger(length) && length >= 0))
      throw new RangeError(`Cannot count classes: expected lengths that are whole numbers of at least 0, got ${length}`);
  const known = new Map<string, boolean>();
  const member = (sequence: Sequence): boolean => {
    const spelled = sequence.join(" ");
    const found = known.get(spelled) ?? contains(sequence);
    known.set(spelled, found);
    return found;
  };
  const suffixes = stringsUpTo(alphabet, suffix);
  return new Set(stringsUpTo(alphabet, prefix).map((u) => suffixes.map((v) => (member([...u, ...v]) ? "1" : "0")).join(""))).size;
}

/** All strings of up to so many symbols, the shorter ones first. */
function stringsUpTo(alphabet: Sequence, length: number): readonly Sequence[] {
  const all: Sequence[] = [[]];
  for (let from = 0, size = 0; size < length; size++) {
    const longest = all.slice(from);
    from = all.length;
    for (const string of longest) all.push(...alphabet.map((token) => [...string, token]));
  }
  return all;
}
