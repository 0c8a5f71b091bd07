import type { Key, Sequence, Token } from "@lab/tensor-core";

/** A formal language: a test of membership, and a source of strings. Strings hold no end symbol. */
export interface Grammar {
  readonly alphabet: readonly Token[];
  contains(sequence: Sequence): boolean;
  /** Whether some member starts so: off this set the likelihood says nothing. */
  viable(prefix: Sequence): boolean;
  sample(key: Key): Sequence;
}

/** A language of finitely many strings, all of which can be listed. */
export interface FiniteGrammar extends Grammar {
  readonly sequences: readonly Sequence[];
}
