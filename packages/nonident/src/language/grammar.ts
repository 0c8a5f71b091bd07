import type { Key, Sequence, Token } from "@lab/tensor-core";

/** A formal language: a test of membership, exact counts, and a source of strings. Strings hold no end symbol. */
export interface Grammar {
  readonly alphabet: readonly Token[];
  contains(sequence: Sequence): boolean;
  /** Whether some member starts so: off this set the likelihood says nothing. */
  viable(prefix: Sequence): boolean;
  /** How many members have exactly this length. */
  count(length: number): bigint;
  /** A member of exactly this length, all of them equally likely; RangeError where there is none. */
  sample(key: Key, options: { readonly length: number }): Sequence;
}

/** A language of finitely many strings, all of which can be listed. */
export interface FiniteGrammar extends Grammar {
  readonly sequences: readonly Sequence[];
  /** Of all members, or of those of one length, all equally likely. */
  sample(key: Key, options?: { readonly length?: number }): Sequence;
}
