import { uniformNumbers, type Key, type Sequence } from "@lab/tensor-core";
import type { FiniteGrammar, Grammar } from "./grammar.ts";

/** A finite language: every string listed, one of them drawn with equal chances. */
export function listed(language: Grammar, sequences: readonly Sequence[]): FiniteGrammar {
  const uniform = (key: Key, among: readonly Sequence[]): Sequence => among[Math.floor(uniformNumbers(key, 1)[0]! * among.length)]!;
  return {
    ...language,
    sequences,
    sample: (key, { length } = {}) => (length === undefined ? uniform(key, sequences) : language.sample(key, { length })),
  };
}
