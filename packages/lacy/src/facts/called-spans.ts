import type { FactSpan } from "./fact-span.ts";
import { wordPlaces } from "./parsed-word.ts";

/** How far after a call its value may begin, and how much longer than the value its words may be: "the Norwegian painter" where the value is the name alone. */
const [FAR, SLACK] = [200, 64];
const JOINTS: ReadonlySet<string> = new Set(["a", "an", "and", "of", "the", "to"]);

/**
 * Tags the words that an annotator's calls ask a database for: the judge's mask of the paper, from the calls of LMLM [Zhao2025].
 *
 * A call stands before the words that state its value. Where the value stands there word for word, these are its words; else those, up to the next call, that are words of the value, each as often
 * as the value has it. A call of whose value no word stands there is left out. How the paper turns calls into tokens is not published: this is ours. Other words are `other`.
 *
 * @throws RangeError for a call outside the text
 * @example
 * ```ts
 * import { calledSpans } from "@lab/lacy/facts";
 * const text = "Ada was born in Oslo, to Per and Siri Ruun.";
 * const spans = calledSpans({ text, calls: [[16, "Ada", "Birth Place", "Oslo"], [25, "Ada", "Parents", "Per Ruun, Siri Ruun"]] });
 * spans.filter(({ kind }) => kind === "factual").map(({ start, end }) => text.slice(start, end)); // => [ 'Oslo', 'Per', 'Siri', 'Ruun' ]
 * ```
 */
export function calledSpans({
  text,
  calls,
}: {
  readonly text: string;
  readonly calls: readonly (readonly [start: number, subject: string, attribute: string, value: string])[];
}): FactSpan[] {
  const words = [...wordPlaces(text, 0, text.length)];
  const called = new Set<number>();
  const order = calls.toSorted((a, b) => a[0] - b[0]);
  for (const [i, [start, , , value]] of order.entries()) {
    if (!(Number.isInteger(start) && start >= 0 && start <= text.length))
      throw new RangeError(`Cannot tag what is called: expected a call within the text's ${text.length} characters, got ${start}`);
    const next = order.slice(i + 1).find(([at]) => at > start)?.[0] ?? text.length;
    const found = text.indexOf(value, start);
    const exact = found >= 0 && found <= Math.min(next, start + FAR);
    const end = exact ? found + value.length : Math.min(next, start + value.length + SLACK);
    const left = new Map<string, number>();
    for (const { start: from, end: to } of wordPlaces(value, 0, value.length)) {
      const word = folded(value.slice(from, to));
      left.set(word, (left.get(word) ?? 0) + 1);
    }
    const taken = words.flatMap((place, at) => {
      if (place.start < (exact ? found : start) || place.start >= end) return [];
      const word = folded(text.slice(place.start, place.end));
      const count = left.get(word) ?? 0;
      left.set(word, count - 1);
      return exact || count > 0 ? [{ at, word }] : [];
    });
    // "and" and "of" alone are no answer.
    if (exact || taken.some(({ word }) => !JOINTS.has(word))) for (const { at } of taken) called.add(at);
  }
  return words.map(({ start, end }, at): FactSpan => ({ start, end, kind: called.has(at) ? "factual" : "other", rule: called.has(at) ? "Call" : "Other" }));
}

function folded(word: string): string {
  return word.toLowerCase().normalize("NFC");
}
