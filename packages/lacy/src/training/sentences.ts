import type { TokenDocument } from "./windows.ts";

const NAMES = ["Ada", "Bela", "Cora", "Dov", "Ewa", "Finn", "Gita", "Hugo"];
const TOWNS = ["Oslo", "Lyon", "Bonn", "Graz", "Cork", "Bari", "Nice", "York"];
const VERBS = ["lives", "works", "sings", "paints"];

/** The words of the sentences, after the separator: `<CALL>` comes behind them. */
export const LEXICON: readonly string[] = ["|", "in", "was", "born", "and", ".", ...NAMES, ...TOWNS, ...VERBS];

/** Sentences of our own, "Ada was born in Oslo and sings in Oslo .": a town for each name is the fact, once; the verb varies. */
export function sentences(count: number): TokenDocument<"factual">[] {
  return Array.from({ length: count }, (_, i) => {
    const who = (i * 5) % NAMES.length;
    const town = TOWNS[(who * 3 + 1) % TOWNS.length]!;
    const words = [NAMES[who]!, "was", "born", "in", town, "and", VERBS[(i * 7 + (i >> 3)) % VERBS.length]!, "in", town, "."];
    return { ids: words.map((word) => LEXICON.indexOf(word)), flags: { factual: words.map((_word, t) => (t === 4 ? 1 : 0)) } };
  });
}
