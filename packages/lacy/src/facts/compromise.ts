import nlp from "compromise/two";
import type { FactOptions, FactTagger } from "./fact-span.ts";
import { factOptions, factSpans } from "./fact-spans.ts";
import { withCopulaNouns, wordPlaces, type ParsedWord } from "./parsed-word.ts";

/** Tags of compromise and the rules they stand for, the strongest first. `Date` alone is no value: "in" has it too where a year follows. */
const RULES: readonly (readonly [tag: string, rule: string])[] = [
  ["Demonym", "Demonym"],
  ["Month", "Month"],
  ["WeekDay", "Date"],
  ["Holiday", "Date"],
  ["Year", "Year"],
  ["Money", "Money"],
  ["Percent", "Percent"],
  ["Ordinal", "Ordinal"],
  ["Value", "Number"],
  ["Person", "Person"],
  ["Place", "Place"],
  ["Organization", "Organization"],
  ["Actor", "Occupation"],
  ["ProperNoun", "Name"],
  ["Acronym", "Name"],
];
/** Tags of words that only hold a sentence together. */
const FUNCTION: readonly string[] = ["Copula", "Determiner", "Preposition", "Pronoun", "Auxiliary", "Modal", "Conjunction", "Particle", "Negative"];

/**
 * Tags facts by the grammar of compromise, an English lexicon with rules: people, places, organisations, proper nouns, nationalities, values, dates,
 * occupations, and the noun after "was a"; a word only where it stands first [Ujvary2026].
 *
 * The rules are ours; those of the paper are not published. English with capitals: lower-cased text loses most names.
 *
 * @throws RangeError for an option that is none
 * @example
 * ```ts
 * import { compromiseTagger } from "@lab/lacy/facts";
 * const text = "Mira Oduya was a Kenyan botanist. Oduya died in Nairobi in 1988.";
 * const facts = compromiseTagger()(text).filter(({ kind }) => kind === "factual");
 * facts.map(({ start, end }) => text.slice(start, end)); // => [ 'Mira', 'Oduya', 'Kenyan', 'botanist', 'Nairobi', '1988' ]
 * ```
 */
export function compromiseTagger(options: FactOptions = {}): FactTagger {
  const chosen = factOptions(options);
  return (text) => factSpans(text, withCopulaNouns(text, parsed(text)), chosen);
}

/** Terms concatenate to the text with the marks around them, so their places are a running sum; empty ones and marks inside them have no words. */
function parsed(text: string): ParsedWord[] {
  const words: ParsedWord[] = [];
  let at = 0;
  for (const sentence of nlp(text).document as unknown as readonly (readonly Term[])[]) {
    let begins = true;
    for (const { pre, text: inside, post, tags = new Set<string>() } of sentence) {
      const from = at + pre.length;
      const role = roleOf(tags);
      const isFunction = FUNCTION.some((tag) => tags.has(tag)) && !tags.has("Month") && !tags.has("Value");
      const rules = RULES.flatMap(([tag, rule]) => (tags.has(tag) ? [rule] : []));
      for (const place of wordPlaces(text, from, from + inside.length)) {
        // Both ends of a range have the tags of the range.
        const isShort = place.end - place.start < 3;
        words.push({ ...place, rules: isShort ? rules.filter((rule) => rule !== "Year") : rules, role, isFunction, begins });
        begins = false;
      }
      at = from + inside.length + post.length;
    }
  }
  return words;
}

type Term = { readonly pre: string; readonly text: string; readonly post: string; readonly tags?: ReadonlySet<string> };

function roleOf(tags: ReadonlySet<string>): ParsedWord["role"] {
  if (tags.has("Copula")) return "copula";
  if (tags.has("Conjunction")) return "joint";
  // "a", "the" and what qualifies a noun stand between it and a copula.
  if (tags.has("Determiner") || tags.has("Adjective") || tags.has("Adverb")) return "modifier";
  return tags.has("Noun") && !tags.has("Pronoun") ? "noun" : "other";
}
