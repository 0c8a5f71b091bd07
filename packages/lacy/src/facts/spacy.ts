import { z } from "zod";
import type { FactOptions, FactTagger } from "./fact-span.ts";
import { factOptions, factSpans } from "./fact-spans.ts";
import { withCopulaNouns, wordPlaces, type ParsedWord } from "./parsed-word.ts";

const place = z.int().min(0);
const written = z.object({
  text: z.string(),
  ents: z.array(z.object({ start: place, end: place, label: z.string() })).default([]),
  tokens: z.array(z.object({ start: place, end: place, pos: z.string().default(""), lemma: z.string().default("") })).default([]),
  sents: z.array(z.object({ start: place, end: place })).default([]),
});

/** Labels of spaCy's English pipelines and the rules they stand for. */
const RULES: { readonly [label: string]: string } = {
  PERSON: "Person",
  GPE: "Place",
  LOC: "Place",
  FAC: "Place",
  ORG: "Organization",
  NORP: "Demonym",
  EVENT: "Name",
  LANGUAGE: "Name",
  LAW: "Name",
  PRODUCT: "Name",
  WORK_OF_ART: "Name",
  DATE: "Date",
  TIME: "Date",
  MONEY: "Money",
  PERCENT: "Percent",
  ORDINAL: "Ordinal",
  CARDINAL: "Number",
  QUANTITY: "Number",
};
const FUNCTION: ReadonlySet<string> = new Set(["ADP", "AUX", "CCONJ", "DET", "PART", "PRON", "SCONJ", "PUNCT"]);

/**
 * Tags facts by what spaCy has parsed elsewhere, as `doc.to_json()` writes it: its entities, proper nouns outside them, and the noun after "was a" [Ujvary2026].
 *
 * Places in these records count code points, as Python does; they are turned into UTF-16 units.
 *
 * @throws TypeError for a record of another form or with places outside its text; RangeError for an option that is none, and, when it is applied, for a text that was not parsed
 * @example
 * ```ts
 * import { spacyTagger } from "@lab/lacy/facts";
 * const text = "Mira Oduya died in 1988.";
 * const tagger = spacyTagger([{ text, ents: [{ start: 0, end: 10, label: "PERSON" }, { start: 19, end: 23, label: "DATE" }] }]);
 * tagger(text).flatMap(({ kind, rule }) => (kind === "factual" ? [rule] : [])); // => [ 'Person', 'Person', 'Date' ]
 * ```
 */
export function spacyTagger(records: Iterable<unknown>, options: FactOptions = {}): FactTagger {
  const chosen = factOptions(options);
  const parsed = new Map<string, ParsedWord[]>();
  for (const record of records) {
    const result = written.safeParse(record);
    if (!result.success) throw new TypeError(`Cannot take a record of spaCy: ${result.error.issues[0]!.path.join(".")}: ${result.error.issues[0]!.message}`);
    parsed.set(result.data.text, wordsOf(result.data));
  }
  return (text) => {
    const words = parsed.get(text);
    if (words === undefined) throw new RangeError(`Cannot tag facts: expected a text among the ${parsed.size} that spaCy parsed, got "${text.slice(0, 40)}"`);
    return factSpans(text, withCopulaNouns(text, words), chosen);
  };
}

function wordsOf({ text, ents, tokens, sents }: z.infer<typeof written>): ParsedWord[] {
  const units = [0];
  for (const character of text) units.push(units.at(-1)! + character.length);
  const unit = (at: number): number => {
    const place = units[at];
    if (place === undefined) throw new TypeError(`Cannot take a record of spaCy: expected places in [0, ${units.length - 1}], got ${at}`);
    return place;
  };
  const entity = new Map<number, string>();
  for (const { start, end, label } of ents) {
    const rule = RULES[label];
    if (rule !== undefined) for (const word of wordPlaces(text, unit(start), unit(end))) entity.set(word.start, rule);
  }
  const starts = new Set(sents.map(({ start }) => unit(start)));
  const tokenAt = new Map<number, { readonly pos: string; readonly lemma: string }>();
  for (const { start, end, pos, lemma } of tokens) for (let at = unit(start); at < unit(end); at++) tokenAt.set(at, { pos, lemma });
  return Array.from(wordPlaces(text, 0, text.length), ({ start, end }, i): ParsedWord => {
    const { pos = "", lemma = "" } = tokenAt.get(start) ?? {};
    const rules = [...(entity.has(start) ? [entity.get(start)!] : []), ...(pos === "PROPN" ? ["Name"] : pos === "NUM" ? ["Number"] : [])];
    const role =
      pos === "AUX" && lemma === "be"
        ? "copula"
        : pos === "CCONJ"
          ? "joint"
          : pos === "DET" || pos === "ADJ" || pos === "ADV"
            ? "modifier"
            : pos === "NOUN" || pos === "PROPN"
              ? "noun"
              : "other";
    return { start, end, rules, role, isFunction: FUNCTION.has(pos), begins: i === 0 || starts.has(start) };
  });
}
