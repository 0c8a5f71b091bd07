import type { FactOptions, FactTagger } from "./fact-span.ts";
import { factOptions, factSpans } from "./fact-spans.ts";
import { wordPlaces, type ParsedWord } from "./parsed-word.ts";

/**
 * The control for every parser: a word is a fact if it holds a digit, or a capital where no sentence begins. No grammar, no lexicon.
 *
 * @throws RangeError for an option that is none
 * @example
 * ```ts
 * import { capitalsTagger } from "@lab/lacy/facts";
 * const text = "Later Mira Oduya was a Kenyan botanist. She died in 1988.";
 * const facts = capitalsTagger()(text).filter(({ kind }) => kind === "factual");
 * facts.map(({ start, end }) => text.slice(start, end)); // => [ 'Mira', 'Oduya', 'Kenyan', '1988' ]
 * ```
 */
export function capitalsTagger({ mention = "word", title = "include" }: Pick<FactOptions, "mention" | "title"> = {}): FactTagger {
  const chosen = factOptions({ entities: ["Name"], values: ["Number"], keywords: [], mention, title });
  return (text) => {
    const words: ParsedWord[] = [];
    for (const { start, end } of wordPlaces(text, 0, text.length)) {
      const before = text.slice(words.at(-1)?.end ?? 0, start);
      const begins = words.length === 0 || /[.!?\n]/.test(before);
      const word = text.slice(start, end);
      const rules = /\p{N}/u.test(word) ? ["Number"] : !begins && /\p{Lu}/u.test(word) ? ["Name"] : [];
      words.push({ start, end, rules, role: "other", isFunction: false, begins });
    }
    return factSpans(text, words, chosen);
  };
}
