import { ENTITY_RULES, KEYWORD_RULES, VALUE_RULES, type FactOptions, type FactSpan } from "./fact-span.ts";
import { isKeyword } from "./keywords.ts";
import type { ParsedWord } from "./parsed-word.ts";

type Options = Required<FactOptions>;

/** Words that parsers count into the names around them. */
const FUNCTION_WORDS: ReadonlySet<string> = new Set("a an and at but by for from in into of on or the to with".split(" "));

/** The options with their defaults; an option that is none throws a RangeError. */
export function factOptions({
  entities = ENTITY_RULES,
  values = VALUE_RULES,
  keywords = KEYWORD_RULES,
  mention = "word",
  title = "include",
}: FactOptions = {}): Options {
  const among = (name: string, chosen: readonly string[], allowed: readonly string[]): void => {
    const stray = chosen.find((each) => !allowed.includes(each));
    if (stray !== undefined) throw new RangeError(`Cannot tag facts: ${name} must be among ${allowed.join(", ")}, got "${stray}"`);
  };
  among("entities", entities, ENTITY_RULES);
  among("values", values, VALUE_RULES);
  among("keywords", keywords, KEYWORD_RULES);
  among("mention", [mention], ["word", "span", "all"]);
  among("title", [title], ["include", "exempt"]);
  return { entities, values, keywords, mention, title };
}

/** Words with the rules that they may be facts by, as spans: which rule fires, and whether the word is there for the first time. */
export function factSpans(text: string, words: readonly ParsedWord[], { entities, values, keywords, mention, title }: Options): FactSpan[] {
  const enabled = new Set([...entities, ...values, ...keywords]);
  const isFunction = words.map((word) => word.isFunction || FUNCTION_WORDS.has(text.slice(word.start, word.end)));
  const fired = words.map(({ start, end, rules }, i): string | undefined => {
    if (isFunction[i] === true) return undefined;
    return rules.find((each) => enabled.has(each)) ?? (enabled.has("Keyword") && isKeyword(text.slice(start, end)) ? "Keyword" : undefined);
  });
  const runEnd = (from: number): number => {
    let to = from + 1;
    while (to < words.length && fired[to] === fired[from] && !words[to]!.begins && /^[ \u00a0-]{1,2}$/.test(text.slice(words[to - 1]!.end, words[to]!.start)))
      to++;
    return to;
  };
  const seen = new Set<string>();
  const spans: FactSpan[] = [];
  let end = 0;
  for (let from = 0; from < words.length;) {
    // One name, one value: neighbours by the same rule with nothing but a space or a hyphen between.
    const rule = fired[from];
    const to = rule === undefined ? from + 1 : runEnd(from);
    const run = words.slice(from, to);
    const forms = run.map((word) => folded(text.slice(word.start, word.end)));
    const whole = forms.join(" ");
    const isTitle = title === "exempt" && from === 0 && rule !== undefined && entities.includes(rule);
    run.forEach((word, i) => {
      spans.push(...punctuation(text, end, word.start));
      end = word.end;
      const isRepeated = mention !== "all" && seen.has(mention === "word" ? forms[i]! : whole);
      const kind = rule === undefined ? (isFunction[from + i] === true ? "grammatical" : "other") : isRepeated || isTitle ? "other" : "factual";
      const name = kind === "grammatical" ? "Function word" : rule === undefined ? "Other" : isRepeated ? "Repeated" : isTitle ? "Title" : rule;
      spans.push({ start: word.start, end: word.end, kind, rule: name });
    });
    if (rule !== undefined) for (const form of mention === "word" ? forms : [whole]) seen.add(form);
    from = to;
  }
  spans.push(...punctuation(text, end, text.length));
  return spans;
}

/** The word as it would be met again: no case, no possessive. */
function folded(word: string): string {
  return word
    .toLowerCase()
    .normalize("NFC")
    .replace(/['’]s?$/, "");
}

function* punctuation(text: string, from: number, to: number): Generator<FactSpan> {
  for (const { 0: marks, index } of text.slice(from, to).matchAll(/[^\p{Z}\s]+/gu))
    yield { start: from + index, end: from + index + marks.length, kind: "grammatical", rule: "Punctuation" };
}
