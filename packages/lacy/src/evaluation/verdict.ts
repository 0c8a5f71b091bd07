/** What is known of a subject: values of attributes, more than one where there are several. */
export type KnownFacts = {
  readonly facts: readonly (readonly [attribute: string, value: string, ...unknown[]])[];
  readonly more?: readonly (readonly [attribute: string, value: string])[];
};

/** A claim against a table: a value matches; the attribute is known and none does; nothing is known of the attribute. */
export type Verdict = "supported" | "contradicted" | "uncovered";

/** Attributes of a subject under names of the table that a claim does not tell apart. */
const SAME: { readonly [attribute: string]: readonly string[] } = {
  Nationality: ["Nationality", "Country of Origin", "Country"],
  Occupation: ["Occupation", "Type", "Position", "Position Played", "Rank", "Group"],
  Author: ["Author", "Writer", "Artist"],
  Founded: ["Founded", "Year", "Opened"],
  "Release Date": ["Release Date", "Year"],
};
/** A table lists some of these; a value that is not among them may be true. */
const OPEN: ReadonlySet<string> = new Set(["Occupation", "Publisher", "Author", "Director"]);

const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/**
 * Whether a table of facts supports a claim: a value is equal to it but for case and articles, contains it or is contained in it as whole words, or is a date that agrees as far as
 * both go.
 *
 * A claim is contradicted only where the attribute is known and takes one value: a table of occupations is not complete, so another one is not false.
 *
 * @example
 * ```ts
 * import { verdict } from "@lab/lacy";
 * const known = { facts: [["Birth Date", "3 May 1911"], ["Birth Place", "Nairobi"]] } as const;
 * [verdict(["Birth Date", "1911"], known), verdict(["Birth Date", "1912"], known), verdict(["Death Date", "1988"], known)]; // => [ 'supported', 'contradicted', 'uncovered' ]
 * ```
 */
export function verdict([attribute, value]: readonly [attribute: string, value: string], { facts, more = [] }: KnownFacts): Verdict {
  const names = SAME[attribute] ?? [attribute];
  const known = [...facts, ...more].filter(([name]) => names.includes(name)).map(([, each]) => each);
  if (known.length === 0) return "uncovered";
  if (known.some((each) => agree(each, value))) return "supported";
  return OPEN.has(attribute) ? "uncovered" : "contradicted";
}

/** Words without case, accents of punctuation, and articles. */
export function plainWords(text: string): string[] {
  const words =
    text
      .normalize("NFC")
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.filter((word) => word !== "the" && word !== "a" && word !== "an");
}

/** Whether one list of words stands within the other, whole and in order. */
export function contains(words: readonly string[], part: readonly string[]): boolean {
  return part.length > 0 && words.some((_, i) => part.every((word, k) => words[i + k] === word));
}

function agree(a: string, b: string): boolean {
  const [first, second] = [dateOf(a), dateOf(b)];
  if (first !== undefined && second !== undefined) return [0, 1, 2].every((i) => first[i] === undefined || second[i] === undefined || first[i] === second[i]);
  const [words, others] = [plainWords(a), plainWords(b)].map((list) => list.map(singular)) as [string[], string[]];
  return contains(words, others) || contains(others, words);
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith("s") ? word.slice(0, -1) : word;
}

/** Year, month and day, as far as they are given; undefined for what is no date. */
function dateOf(text: string): readonly (number | undefined)[] | undefined {
  const words = plainWords(text);
  const month = words.findIndex((word) => MONTHS.includes(word));
  const numbers = words.filter((word) => /^\d+$/.test(word));
  const year = numbers.find((word) => word.length >= 3);
  if (year === undefined || words.length - numbers.length > (month < 0 ? 0 : 1)) return undefined;
  const day = numbers.find((word) => word !== year && word.length <= 2);
  return [Number(year), month < 0 ? undefined : MONTHS.indexOf(words[month]!), day === undefined ? undefined : Number(day)];
}
