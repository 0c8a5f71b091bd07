import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytePairTokenizer } from "./byte-pair-tokenizer.ts";
import { WORDS, type BytePairs } from "./byte-pairs.ts";
import { learnedBytePairs } from "./learned-byte-pairs.ts";
import { bytePairs, tokenizerJson } from "./tokenizer-json.ts";
import { words } from "./words.ts";

const TEXTS = [
  "Mira Oduya (3 May 1911 – 9 July 1988) was a Kenyan-born botanist.\nShe didn't travel; she wrote, she taught, and she wrote again.",
  "The Tarn Bridge, 412 metres long, opened in 1974. It's the town's oldest   bridge\tbut one.\n\nEarly life.\nÉmile naïvely wrote “größer” — 東京 😀 👩‍🔬 e\u0301 .",
];
const learned = await learnedBytePairs(TEXTS, { vocabulary: 330, specials: ["<|endoftext|>", "<CALL>"], minimumCount: 1 });
const tokenizer = bytePairTokenizer(learned);
const reference = new HuggingFaceTokenizer(JSON.parse(tokenizerJson(learned)) as object, {});

const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xc0, 0xc3, 0xa9, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0xf4, 0x90, 0xef, 0xbb, 0xbf));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.array(byte, { maxLength: 40 }).map((list) => Uint8Array.from(list)),
);
const fragment = fc.constantFrom(
  "<CALL>",
  "<|endoftext|>",
  "<CALL",
  " ",
  "  ",
  "\n",
  "\u00a0",
  "'s",
  "é",
  "e\u0301",
  "😀",
  "\ufeff",
  "1909",
  "the",
  " town",
  "\u0085",
  "\u2028",
  "-",
);
const text = fc
  .array(fc.oneof(fc.string({ unit: "binary", maxLength: 6 }), fc.string({ maxLength: 6 }), fragment), { maxLength: 8 })
  .map((parts) => parts.join(""));

/** Names by token. */
const named = ({ tokens }: BytePairs): string[] =>
  Object.entries(tokens)
    .toSorted(([, a], [, b]) => a - b)
    .map(([name]) => name);

/** By the definition: the whole list of rules, one after another. */
function slowly(word: string, { tokens, merges }: BytePairs, symbolsOf: (word: string) => string[]): number[] {
  let parts = symbolsOf(word);
  for (const [left, right] of merges) {
    const next: string[] = [];
    for (let i = 0; i < parts.length; i++) next.push(parts[i] === left && parts[i + 1] === right ? left + parts[(i += 1)]! : parts[i]!);
    parts = next;
  }
  return parts.map((part) => tokens[part]!);
}

describe("learnedBytePairs()", () => {
  it("learnedBytePairs() joins the most frequent pair, then the next, by a count made anew each time", async () => {
    const { merges } = await learnedBytePairs(TEXTS, { vocabulary: 290, minimumCount: 1 });
    const names = named(await learnedBytePairs([], { vocabulary: 256 }));
    let spelled = TEXTS.flatMap((each) => [...words(each, new RegExp(WORDS, "gu"))]).map((word) => [...new TextEncoder().encode(word)].map((b) => names[b]!));
    const asBytes = (symbols: string): string => String.fromCharCode(...[...symbols].map((symbol) => names.indexOf(symbol)));
    for (const [left, right] of merges) {
      const counts = new Map<string, number>();
      for (const word of spelled) word.slice(1).forEach((b, i) => counts.set(`${word[i]!} ${b}`, (counts.get(`${word[i]!} ${b}`) ?? 0) + 1));
      const rows = Array.from(counts, ([pair, count]) => ({ pair, count, key: pair.split(" ").map(asBytes) }));
      const least = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
      const [best] = rows.toSorted((a, b) => b.count - a.count || least(a.key[0]!, b.key[0]!) || least(a.key[1]!, b.key[1]!));
      expect(`${left} ${right}`).toBe(best!.pair);
      spelled = spelled.map((word) => {
        const next: string[] = [];
        for (let i = 0; i < word.length; i++) next.push(word[i] === left && word[i + 1] === right ? left + word[(i += 1)]! : word[i]!);
        return next;
      });
    }
    expect(merges).toHaveLength(34);
  });

  it("learnedBytePairs() depends on how often words occur, not on where", async () => {
    const turned = await learnedBytePairs(TEXTS.toReversed(), { vocabulary: 330, specials: ["<|endoftext|>", "<CALL>"], minimumCount: 1 });
    expect(turned).toEqual(learned);
  });

  it("learnedBytePairs() puts special tokens last, and stops where no pair occurs often enough", async () => {
    expect(learned.specials).toEqual({ "<|endoftext|>": 328, "<CALL>": 329 });
    const none = await learnedBytePairs(["abc"], { vocabulary: 1000, specials: ["<CALL>"] });
    expect([none.merges, none.specials]).toEqual([[], { "<CALL>": 256 }]);
  });

  it("learnedBytePairs() refuses a vocabulary without room for bytes and special tokens, and names that do not differ", async () => {
    await expect(learnedBytePairs([], { vocabulary: 256, specials: ["a"] })).rejects.toThrow(
      "expected a vocabulary of at least 257 and less than 67108864, got 256",
    );
    await expect(learnedBytePairs([], { vocabulary: NaN })).rejects.toThrow("got NaN");
    await expect(learnedBytePairs([], { vocabulary: 300, specials: ["a", "a"] })).rejects.toThrow('of different names, got ["a","a"]');
  });
});

describe("bytePairTokenizer()", () => {
  it("bytePairTokenizer() gives any bytes back", () => {
    fc.assert(
      fc.property(bytes, (b) => {
        expect([...tokenizer.bytes(tokenizer.encodeBytes(b))]).toEqual([...b]);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it("bytePairTokenizer() gives any text back, and the same tokens for it as for its bytes", () => {
    fc.assert(
      fc.property(text, (each) => {
        const tokens = tokenizer.encode(each);
        expect(tokenizer.decode(tokens)).toBe(each);
        expect(tokenizer.encodeBytes(new TextEncoder().encode(each))).toEqual(tokens);
        expect(tokenizer.decode(tokenizer.encode(each, { specials: true }))).toBe(each);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  it("bytePairTokenizer() has the tokens of @huggingface/tokenizers, with special ones and after a way through tokenizer.json", () => {
    const again = bytePairTokenizer(bytePairs(tokenizerJson(learned)));
    fc.assert(
      fc.property(text, (each) => {
        expect(tokenizer.encode(each, { specials: true })).toEqual(reference.encode(each).ids);
        expect(again.encode(each, { specials: true })).toEqual(tokenizer.encode(each, { specials: true }));
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it("bytePairTokenizer() joins as the rules say, one after another", () => {
    const names = named(learned);
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: fc.constantFrom("a", "t", "h", "e", " "), maxLength: 30 })), (each) => {
        const expected = [...words(each, new RegExp(WORDS, "gu"))].flatMap((word) =>
          slowly(word, learned, (w) => [...new TextEncoder().encode(w)].map((b) => names[b]!)),
        );
        expect(tokenizer.encode(each)).toEqual(expected);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("bytePairTokenizer() places each token on the characters whose bytes it holds", () => {
    fc.assert(
      fc.property(text, (each) => {
        const pieces = tokenizer.pieces(each);
        expect(pieces.map(({ token }) => token)).toEqual(tokenizer.encode(each));
        // Characters by the byte they begin at, by counting.
        const places: { start: number; end: number }[] = [];
        let at = 0;
        for (const character of each) {
          for (let k = new TextEncoder().encode(character).length; k > 0; k--) places.push({ start: at, end: at + character.length });
          at += character.length;
        }
        let from = 0;
        for (const { token, start, end } of pieces) {
          const { length } = tokenizer.bytes([token]);
          expect([start, end]).toEqual([places[from]!.start, places[from + length - 1]!.end]);
          from += length;
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it("bytePairTokenizer() reads the name of a special token as text unless told", () => {
    expect(tokenizer.encode("<CALL>", { specials: true })).toEqual([329]);
    expect(tokenizer.encode("<CALL>")).not.toContain(329);
    expect(tokenizer.pieces("a<CALL>b", { specials: true })).toEqual([
      { token: 97, start: 0, end: 1 },
      { token: 329, start: 1, end: 7 },
      { token: 98, start: 7, end: 8 },
    ]);
  });

  it("bytePairTokenizer() takes a word of 300 000 letters in one go", () => {
    const long = "thetown".repeat(43_000);
    expect(tokenizer.decode(tokenizer.encode(long))).toBe(long);
  });

  it("bytePairTokenizer() reads a lone surrogate as U+FFFD", () => {
    expect(tokenizer.decode(tokenizer.encode("a\ud800b"))).toBe("a\ufffdb");
  });

  it("bytePairTokenizer() refuses tokens and tables that are none", () => {
    expect(() => tokenizer.decode([330])).toThrow("expected whole numbers in [0, 330), got 330");
    expect(() => tokenizer.bytes([-1])).toThrow("got -1");
    expect(() => bytePairTokenizer({ ...learned, merges: [["z", "zz"]] })).toThrow('expected tokens for "z", "zz" and "zzz"');
    expect(() => bytePairTokenizer({ ...learned, tokens: { a: 0 } })).toThrow("expected the tokens 0 … 2, got 328");
    expect(() => bytePairTokenizer({ ...learned, specials: { "<CALL>": 400 } })).toThrow("got 400");
  });
});

describe("tokenizerJson()", () => {
  it("tokenizerJson() means the same tokens to the tokenizers of Python", async () => {
    const golden = JSON.parse(await readFile(join(import.meta.dirname, "../../../../golden/tensor-core/hugging-face-tokens.json"), "utf8")) as {
      readonly tokenizer: object;
      readonly encodings: readonly { readonly text: string; readonly ids: readonly number[] }[];
    };
    expect(golden.tokenizer).toEqual(JSON.parse(tokenizerJson(learned)));
    const read = bytePairTokenizer(bytePairs(JSON.stringify(golden.tokenizer)));
    for (const { text: each, ids } of golden.encodings) expect(read.encode(each, { specials: true })).toEqual(ids);
    expect(golden.encodings.length).toBeGreaterThan(10);
  });
});

describe("bytePairs()", () => {
  it("bytePairs() reads pairs that are lists, and GPT-2's own way to cut words", () => {
    const file = JSON.parse(tokenizerJson(learned)) as { model: { merges: unknown }; pre_tokenizer: unknown };
    file.model.merges = learned.merges;
    expect(bytePairs(JSON.stringify(file))).toEqual(learned);
    file.pre_tokenizer = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
    expect([..."it's 1909".matchAll(new RegExp(bytePairs(JSON.stringify(file)).pattern, "gu"))].map(([word]) => word)).toEqual(["it", "'s", " 1909"]);
  });

  it("bytePairs() refuses other kinds, and says which part it was", () => {
    const file = JSON.parse(tokenizerJson(learned)) as { model: object };
    const broken =
      (change: object): (() => BytePairs) =>
      () =>
        bytePairs(JSON.stringify({ ...file, ...change }));
    expect(broken({ normalizer: { type: "NFC" } })).toThrow('Cannot read tokenizer.json: expected no normalizer, got {"type":"NFC"}');
    expect(broken({ model: { ...file.model, type: "WordPiece" } })).toThrow('expected a model of type BPE, got "WordPiece"');
    expect(broken({ model: { ...file.model, merges: ["a"] } })).toThrow('expected merges of two halves, got "a"');
    expect(broken({ pre_tokenizer: { type: "Metaspace" } })).toThrow("expected a pre_tokenizer of a Split, if any, and ByteLevel");
    expect(broken({ model: undefined })).toThrow("expected an object for model, got nothing");
    expect(() => bytePairs("{")).toThrow(SyntaxError);
  });
});
