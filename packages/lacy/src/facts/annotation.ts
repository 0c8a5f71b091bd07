import { capitalsTagger } from "./capitals.ts";
import { compromiseTagger } from "./compromise.ts";
import type { FactOptions, FactSpan, FactTagger } from "./fact-span.ts";
import { winkTagger } from "./wink.ts";

/** The taggers that need nothing but the text. */
export type TaggerName = "compromise" | "wink" | "capitals";

/** What a tagger is, as data: for a worker, a file or a command. */
export type TaggerSettings = { readonly tagger: TaggerName; readonly options?: FactOptions };

/** The facts of a document: [start, end, rule], UTF-16 units, and its function words and marks: [start, end]. What else is there is neither. */
export type Annotation = {
  readonly id: string;
  readonly facts: readonly (readonly [start: number, end: number, rule: string])[];
  readonly grammar: readonly (readonly [start: number, end: number])[];
  /** Words, not marks. */
  readonly words: number;
};

/**
 * The tagger of given settings.
 *
 * @throws RangeError for a tagger or an option that is none
 * @example
 * ```ts
 * import { taggerOf } from "@lab/lacy/facts";
 * taggerOf({ tagger: "capitals" })("It opened in 1974.").length; // => 5
 * ```
 */
export function taggerOf({ tagger, options = {} }: TaggerSettings): FactTagger {
  if (tagger === "compromise") return compromiseTagger(options);
  if (tagger === "wink") return winkTagger(options);
  if (tagger === "capitals") return capitalsTagger(options);
  throw new RangeError(`Cannot tag facts: expected the tagger compromise, wink or capitals, got "${String(tagger)}"`);
}

/**
 * What a tagger finds in a text, for keeping.
 *
 * @example
 * ```ts
 * import { annotation, capitalsTagger } from "@lab/lacy/facts";
 * annotation({ id: "7", text: "It opened in 1974." }, capitalsTagger()); // => { id: '7', facts: [ [ 13, 17, 'Number' ] ], grammar: [ [ 10, 12 ], [ 17, 18 ] ], words: 4 }
 * ```
 */
export function annotation({ id, text }: { readonly id: string; readonly text: string }, tagger: FactTagger): Annotation {
  const spans = tagger(text);
  return {
    id,
    facts: spans.flatMap(({ start, end, kind, rule }) => (kind === "factual" ? [[start, end, rule] as const] : [])),
    grammar: spans.flatMap(({ start, end, kind }) => (kind === "grammatical" ? [[start, end] as const] : [])),
    words: spans.filter(({ rule }) => rule !== "Punctuation").length,
  };
}

/**
 * The spans that an annotation stands for, sorted: what `alignment` takes.
 *
 * @example
 * ```ts
 * import { annotatedSpans } from "@lab/lacy/facts";
 * annotatedSpans({ id: "7", facts: [[13, 17, "Number"]], grammar: [[10, 12]], words: 4 }).map(({ start, kind }) => [start, kind]); // => [ [ 10, 'grammatical' ], [ 13, 'factual' ] ]
 * ```
 */
export function annotatedSpans({ facts, grammar }: Annotation): FactSpan[] {
  const spans = [
    ...facts.map(([start, end, rule]): FactSpan => ({ start, end, kind: "factual", rule })),
    ...grammar.map(([start, end]): FactSpan => ({ start, end, kind: "grammatical", rule: "Function word" })),
  ];
  return spans.toSorted((a, b) => a.start - b.start);
}

/** How many words and documents were read, how many words are facts, and by which rules. */
export type FactShares = { readonly documents: number; readonly words: number; readonly facts: number; readonly rules: { readonly [rule: string]: number } };

/**
 * The number of words and facts of annotations, and the number of facts by rule: the rate of facts in words is facts/words.
 *
 * @example
 * ```ts
 * import { factShares } from "@lab/lacy/facts";
 * factShares([{ id: "7", facts: [[13, 17, "Number"]], grammar: [], words: 4 }]); // => { documents: 1, words: 4, facts: 1, rules: { Number: 1 } }
 * ```
 */
export function factShares(annotations: Iterable<Annotation>): FactShares {
  let [documents, words, facts] = [0, 0, 0];
  const rules: { [rule: string]: number } = {};
  for (const each of annotations) {
    documents++;
    words += each.words;
    facts += each.facts.length;
    for (const [, , rule] of each.facts) rules[rule] = (rules[rule] ?? 0) + 1;
  }
  return { documents, words, facts, rules };
}
