import type { Judge } from "../judge/judge.ts";
import { wordPlaces } from "./parsed-word.ts";
import type { FactSpan } from "./fact-span.ts";

/**
 * Tags facts by asking a language model for the phrases of a text that practically one truthful continuation has: names, dates, places [Ujvary2026].
 *
 * Each phrase is looked for after the one before, word for word; what does not stand there is left out. The question is ours. Words that no phrase holds are `other`.
 *
 * @throws whatever the judge throws
 * @example
 * ```ts
 * import { judgedSpans } from "@lab/lacy/facts";
 * const text = "Mira Oduya taught in Leeds.";
 * const spans = await judgedSpans(text, async () => "- Mira Oduya\n- Leeds\n- Paris");
 * spans.filter(({ kind }) => kind === "factual").map(({ start, end }) => text.slice(start, end)); // => [ 'Mira', 'Oduya', 'Leeds' ]
 * ```
 */
export async function judgedSpans(text: string, judge: Judge): Promise<FactSpan[]> {
  if (text.trim() === "") return [];
  const answer = await judge(
    `Copy from the text below, word for word and in order, every phrase that states a fact and has practically one truthful wording: names, places, dates, numbers, nationalities, occupations, titles. Only where it is first mentioned. One phrase a line, each line beginning with "- ", and nothing else.\n\n${text}`,
  );
  const ranges: { readonly start: number; readonly end: number }[] = [];
  let at = 0;
  for (const line of answer.split("\n")) {
    const phrase = /^\s*[-*•]\s+["“]?(?<phrase>.*?)["”]?\s*$/u.exec(line)?.groups?.["phrase"];
    const start = phrase === undefined || phrase === "" ? -1 : text.indexOf(phrase, at);
    if (start < 0) continue;
    at = start + phrase!.length;
    ranges.push({ start, end: at });
  }
  let next = 0;
  return Array.from(wordPlaces(text, 0, text.length), ({ start, end }): FactSpan => {
    while (next < ranges.length && ranges[next]!.end <= start) next++;
    const range = ranges[next];
    const isFact = range !== undefined && range.start < end;
    return { start, end, kind: isFact ? "factual" : "other", rule: isFact ? "Judge" : "Other" };
  });
}
