import TinyQueue from "tinyqueue";
import { WORDS, type BytePairs } from "./byte-pairs.ts";
import { symbols } from "./byte-symbols.ts";
import { words } from "./words.ts";

export type LearnedBytePairsOptions = {
  /** The number of tokens, special ones included: at least 256 and the special ones. */
  readonly vocabulary: number;
  /** Names of special tokens, which come last, in this order. */
  readonly specials?: readonly string[];
  readonly pattern?: string;
  /** A pair that occurs less often is not joined. */
  readonly minimumCount?: number;
  /** Called after each pair that is joined, with the number of tokens so far. */
  readonly onPair?: (tokens: number) => void;
};

type Candidate = { readonly left: number; readonly right: number; readonly count: number };

/** Room for the right half of a pair in one number: pairs of up to 2²⁶ tokens stay below 2⁵³. */
const RADIX = 2 ** 26;

/**
 * Byte pairs joined greedily, the most frequent one first, within words, until the vocabulary is full [Sennrich2016; Radford2019].
 *
 * Tokens 0 … 255 are the bytes. Where pairs are equally frequent the one with the smaller bytes goes first, so the result depends on how often each word
 * occurs and on nothing else. The vocabulary stays smaller than asked when no pair is left that occurs `minimumCount` times.
 *
 * @throws RangeError unless the vocabulary has room for the 256 bytes and the special tokens, whose names must differ; SyntaxError for a pattern that is none
 * @example
 * ```ts
 * import { learnedBytePairs } from "@lab/tensor-core";
 * const { merges } = await learnedBytePairs(["a hat, a cat, a hat"], { vocabulary: 259, specials: ["<end>"] });
 * merges; // => [ [ 'a', 't' ], [ 'Ġ', 'a' ] ]
 * ```
 */
export async function learnedBytePairs(
  texts: Iterable<string> | AsyncIterable<string>,
  { vocabulary, specials = [], pattern = WORDS, minimumCount = 2, onPair }: LearnedBytePairsOptions,
): Promise<BytePairs> {
  const room = 256 + specials.length;
  if (!(Number.isSafeInteger(vocabulary) && vocabulary >= room && vocabulary < RADIX))
    throw new RangeError(`Cannot learn byte pairs: expected a vocabulary of at least ${room} and less than ${RADIX}, got ${vocabulary}`);
  if (new Set(specials).size !== specials.length || specials.includes(""))
    throw new RangeError(`Cannot learn byte pairs: expected special tokens of different names, got ${JSON.stringify(specials)}`);
  const cut = new RegExp(pattern, "gu");
  const counts = new Map<string, number>();
  for await (const text of texts) for (const word of words(text, cut)) counts.set(word, (counts.get(word) ?? 0) + 1);

  const { names, merges } = joined(counts, { size: vocabulary - specials.length, minimumCount, onPair });
  return {
    pattern,
    tokens: Object.fromEntries(names.map((name, id) => [name, id])),
    merges,
    specials: Object.fromEntries(specials.map((name, i) => [name, names.length + i])),
  };
}

function joined(
  wordCounts: ReadonlyMap<string, number>,
  { size, minimumCount, onPair }: { size: number; minimumCount: number; onPair: LearnedBytePairsOptions["onPair"] },
): { names: string[]; merges: [string, string][] } {
  const encoder = new TextEncoder();
  const spelled: number[][] = [];
  const often: number[] = [];
  for (const [word, count] of wordCounts) {
    spelled.push([...encoder.encode(word)]);
    often.push(count);
  }
  const names = Array.from({ length: 256 }, (_, byte) => symbols([byte]));
  // Order of bytes: that of the symbols is another.
  const order = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  const ids = new Map(names.map((name, id) => [name, id]));

  const pairs = new Map<number, number>();
  const places = new Map<number, Set<number>>();
  const count = (left: number, right: number, word: number, times: number): void => {
    const pair = left * RADIX + right;
    pairs.set(pair, (pairs.get(pair) ?? 0) + times * often[word]!);
    if (times < 0) return;
    const where = places.get(pair);
    if (where === undefined) places.set(pair, new Set([word]));
    else where.add(word);
  };
  spelled.forEach((word, i) => {
    for (let k = 0; k + 1 < word.length; k++) count(word[k]!, word[k + 1]!, i, 1);
  });

  const byBytes = (a: number, b: number): number => (order[a]! < order[b]! ? -1 : order[a]! > order[b]! ? 1 : 0);
  const candidate = (pair: number): Candidate => ({ left: Math.floor(pair / RADIX), right: pair % RADIX, count: pairs.get(pair)! });
  const queue = new TinyQueue<Candidate>(
    Array.from(pairs.keys(), candidate),
    (a, b) => b.count - a.count || byBytes(a.left, b.left) || byBytes(a.right, b.right) || a.left - b.left || a.right - b.right,
  );

  const merges: [string, string][] = [];
  const ruled = new Set<number>();
  while (names.length < size) {
    const best = queue.pop();
    if (best === undefined) break;
    const { left, right } = best;
    const pair = left * RADIX + right;
    const now = pairs.get(pair) ?? 0;
    if (now !== best.count) {
      // It was counted before others were joined: back to its place.
      if (now > 0) queue.push(candidate(pair));
      continue;
    }
    if (now < minimumCount) break;
    const name = names[left]! + names[right]!;
    // A token may come about in two ways, and then a pair with it may be joined a second time: the first rule says so already.
    if (!ruled.has(pair)) merges.push([names[left]!, names[right]!]);
    ruled.add(pair);
    const known = ids.get(name);
    const id = known ?? names.length;
    if (known === undefined) {
      ids.set(name, id);
      names.push(name);
      order.push(order[left]! + order[right]!);
    }
    const touched = new Set<number>();
    for (const i of places.get(pair) ?? []) {
      const word = spelled[i]!;
      const next: number[] = [];
      for (let k = 0; k < word.length; k++) {
        if (word[k] !== left || word[k + 1] !== right) next.push(word[k]!);
        else {
          next.push(id);
          k++;
        }
      }
      if (next.length === word.length) continue;
      for (let k = 0; k + 1 < word.length; k++) count(word[k]!, word[k + 1]!, i, -1);
      for (let k = 0; k + 1 < next.length; k++) {
        count(next[k]!, next[k + 1]!, i, 1);
        if (next[k] === id || next[k + 1] === id) touched.add(next[k]! * RADIX + next[k + 1]!);
      }
      spelled[i] = next;
    }
    pairs.delete(pair);
    places.delete(pair);
    for (const each of touched) queue.push(candidate(each));
    onPair?.(names.length);
  }
  return { names, merges };
}
