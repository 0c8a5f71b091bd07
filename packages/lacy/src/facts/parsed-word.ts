/** A word as a parser sees it, before the rules of facts are applied. */
export type ParsedWord = {
  readonly start: number;
  readonly end: number;
  /** The rules it may be a fact by, the strongest first. */
  readonly rules: readonly string[];
  /** What it may be around a copula; "joint" is a conjunction. */
  readonly role: "copula" | "noun" | "modifier" | "joint" | "other";
  /** Whether it only holds the sentence together: never a fact. */
  readonly isFunction: boolean;
  /** Whether a sentence begins with it. */
  readonly begins: boolean;
};

/** Words of letters and digits, with the points, commas and apostrophes inside them. */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’.,][\p{L}\p{N}\p{M}]+)*/gu;

/** Where the words of a part of a text lie in the whole. */
export function* wordPlaces(text: string, from: number, to: number): Generator<{ readonly start: number; readonly end: number }> {
  for (const { 0: word, index } of text.slice(from, to).matchAll(WORD)) yield { start: from + index, end: from + index + word.length };
}

/**
 * Adds the rule "Copula noun" to the head of the noun phrase after a form of "to be": "was an English *botanist* and *writer*".
 *
 * A head is the last of a run of nouns; after "and" or a comma the next one counts as well.
 */
export function withCopulaNouns(text: string, words: readonly ParsedWord[]): ParsedWord[] {
  const out = [...words];
  const isIn = (at: number): boolean => at < words.length && !words[at]!.begins;
  const isAfterComma = (at: number): boolean => text.slice(words[at - 1]!.end, words[at]!.start).includes(",");
  for (let i = 0; i < words.length; i++) {
    if (words[i]!.role !== "copula") continue;
    let at = i + 1;
    for (;;) {
      while (isIn(at) && (words[at]!.role === "modifier" || text[words[at]!.end] === "-" || text[words[at]!.start - 1] === "-")) at++;
      let head = -1;
      while (isIn(at) && words[at]!.role === "noun" && (head < 0 || !isAfterComma(at))) head = at++;
      if (head < 0) break;
      out[head] = { ...words[head]!, rules: [...words[head]!.rules, "Copula noun"] };
      if (!isIn(at)) break;
      if (words[at]!.role === "joint") at++;
      else if (!isAfterComma(at)) break;
    }
  }
  return out;
}
