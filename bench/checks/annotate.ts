import { corpus } from "@lab/lacy/corpus";
import { taggerOf, type TaggerName } from "@lab/lacy/facts";
import type { Finding } from "./checks.ts";

/** Words per second on one core that each tagger should reach. */
const GOALS: { readonly [tagger in TaggerName]: number } = { compromise: 8000, wink: 15_000, capitals: 15_000 };
const [DOCUMENTS, ROUNDS] = [200, 5];

/** How many words a second each tagger of lacy annotates on one core, on documents of the corpus: the median of a few rounds, in turns. */
export async function annotate(): Promise<Finding> {
  const { name, documents } = await corpus();
  const texts: string[] = [];
  for await (const { text } of documents({ split: "train", limit: DOCUMENTS })) texts.push(text);
  const names = Object.keys(GOALS) as TaggerName[];
  const taggers = names.map((tagger) => taggerOf({ tagger }));
  const words = texts.reduce((sum, text) => sum + (text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0), 0);
  const rates = names.map((): number[] => []);
  // The first round warms the compiler up, and is not counted.
  for (let round = 0; round <= ROUNDS; round++)
    taggers.forEach((tag, i) => {
      const began = performance.now();
      for (const text of texts) tag(text);
      if (round > 0) rates[i]!.push((1000 * words) / (performance.now() - began));
    });
  const medians = rates.map((each) => each.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!);
  const report = {
    corpus: name === "WordNet 3.1" ? name : "folder",
    documents: texts.length,
    words,
    wordsPerSecond: Object.fromEntries(names.map((tagger, i) => [tagger, medians[i]!])),
    goals: GOALS,
  };
  const lines = names.map(
    (tagger, i) => `  ${tagger}: ${Math.round(medians[i]!)} words/s, goal ${GOALS[tagger]}${medians[i]! < GOALS[tagger] ? ", missed" : ""}`,
  );
  return { report, text: [`annotate: ${words} words of ${texts.length} documents, one core`, ...lines].join("\n") };
}
