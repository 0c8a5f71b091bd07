/** Words of a text, `text.slice(start, end)`, UTF-16 units, and why they are what they are. */
export type FactSpan = {
  readonly start: number;
  readonly end: number;
  /** A fact; a word that only holds the sentence together; anything else. */
  readonly kind: "factual" | "grammatical" | "other";
  /** The rule that fired: `Person`, `Year`, `Copula noun`; for what is no fact `Function word`, `Punctuation`, `Repeated` or `Other`. */
  readonly rule: string;
};

/** All words of a document, in order, without overlap; what lies between them is white space. */
export type FactTagger = (document: string) => readonly FactSpan[];

/**
 * What names something.
 *
 * @example
 * ```ts
 * import { ENTITY_RULES } from "@lab/lacy/facts";
 * ENTITY_RULES.length; // => 5
 * ```
 */
export const ENTITY_RULES: readonly string[] = ["Person", "Place", "Organization", "Demonym", "Name"];
/**
 * What counts, measures or dates something.
 *
 * @example
 * ```ts
 * import { VALUE_RULES } from "@lab/lacy/facts";
 * VALUE_RULES.length; // => 7
 * ```
 */
export const VALUE_RULES: readonly string[] = ["Year", "Month", "Date", "Money", "Percent", "Ordinal", "Number"];
/**
 * Common nouns that state a fact.
 *
 * @example
 * ```ts
 * import { KEYWORD_RULES } from "@lab/lacy/facts";
 * KEYWORD_RULES.length; // => 3
 * ```
 */
export const KEYWORD_RULES: readonly string[] = ["Occupation", "Keyword", "Copula noun"];

export type FactOptions = {
  /** Which names are facts; `ENTITY_RULES` unless told. */
  readonly entities?: readonly string[];
  /** Which values are facts; `VALUE_RULES` unless told. */
  readonly values?: readonly string[];
  /** Which common nouns are facts; `KEYWORD_RULES` unless told. */
  readonly keywords?: readonly string[];
  /** What may be a fact only once in a document: a word, the words of one name together, or nothing. */
  readonly mention?: "word" | "span" | "all";
  /** Whether the name that a document begins with is a fact. */
  readonly title?: "include" | "exempt";
};
