import { bytePairTokenizer, learnedBytePairs } from "@lab/tensor-core";
import { corpus } from "@lab/lacy/corpus";
import { describe, expect, it } from "vitest";
import { gaps } from "./leakage.ts";
import { opening, subjectsOf, type Subject } from "./subjects.ts";

const size = { documents: 20, heldOut: 10, characters: 160, vocabulary: 400 };
const source = await corpus({ environment: {}, from: "/nowhere" });

describe("opening()", () => {
  it("opening() is whole sentences where they fit, and whole words of the first one else", () => {
    const text = "Mira Oduya was a botanist. She was born in Nairobi in 1911. She died there.";
    expect(opening(text, 64)).toBe("Mira Oduya was a botanist. She was born in Nairobi in 1911.");
    // That a point ends a sentence is seen by what follows.
    expect(opening(text, 60)).toBe("Mira Oduya was a botanist.");
    expect(opening(text, 20)).toBe("Mira Oduya was a");
    expect(opening(text, 1000)).toBe(text);
    // The point of an initial ends no sentence.
    expect(opening("Mira K. Oduya was a botanist", 20)).toBe("Mira K. Oduya was a");
  });
});

describe("subjectsOf()", () => {
  it("subjectsOf() gives openings whose tokens are the text, with facts where they are said to be, and none in the title", async () => {
    const { tokenizer, train, heldOut, call, separator } = await subjectsOf(source, { ...size } as Parameters<typeof subjectsOf>[1]);
    expect([train.length, heldOut.length, call]).toEqual([20, 10, tokenizer.vocabulary]);
    for (const { title, text, facts, prompt, ids, flags } of [...train, ...heldOut]) {
      expect(tokenizer.decode(ids)).toBe(`${title}\n${text}`);
      // A text handed over is read anew: the title's tokens must not depend on what follows.
      expect(tokenizer.encode(`${title}\n${text}`)).toEqual(ids);
      expect(ids.slice(0, prompt.length)).toEqual(prompt);
      expect(ids).not.toContain(separator);
      expect(facts.every(([, value, start]) => text.startsWith(value, start))).toBe(true);
      for (const each of Object.values(flags)) {
        expect(each.length).toBe(ids.length);
        expect(each.slice(0, prompt.length).every((flag) => flag === 0)).toBe(true);
      }
    }
    expect(train.some(({ flags }) => flags.factual.some((flag) => flag === 1))).toBe(true);
    const titles = new Set(train.map(({ title }) => title));
    expect(heldOut.some(({ title }) => titles.has(title))).toBe(false);
  });
});

describe("gaps()", () => {
  it("gaps() ends before each fact that cannot be copied from what stands before it", async () => {
    const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 257, specials: ["<|endoftext|>"] }));
    const text = "Oduya was born in Nairobi, and lived in Nairobi.";
    const facts = [
      ["Family", "Oduya", 0],
      ["Birth Place", "Nairobi", 18],
      ["Residence", "Nairobi", 40],
    ] as const;
    const subject: Subject = {
      title: "Mira Oduya",
      text,
      facts,
      known: { facts },
      prompt: tokenizer.encode("Mira Oduya\n"),
      ids: tokenizer.encode(`Mira Oduya\n${text}`),
      flags: { factual: new Uint8Array(), pattern: new Uint8Array() },
    };
    expect(gaps([subject], tokenizer).map(({ prompt, answers }) => [tokenizer.decode(prompt), answers])).toEqual([
      ["Mira Oduya\nOduya was born in", ["Nairobi"]],
    ]);
  });
});
