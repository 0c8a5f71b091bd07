export { sequenceKl, type SequenceKl, type SequenceKlOptions } from "./equivalence/sequence-kl.ts";
export { aNbN } from "./language/a-n-b-n.ts";
export type { FiniteGrammar, Grammar } from "./language/grammar.ts";
