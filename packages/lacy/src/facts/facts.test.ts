import { createRequire } from "node:module";
import { bytePairTokenizer, learnedBytePairs } from "@lab/tensor-core";
import nlp from "compromise/two";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corpus } from "../corpus/index.ts";
import { alignment, TOKEN_KINDS } from "./alignment.ts";
import { capitalsTagger } from "./capitals.ts";
import { compromiseTagger } from "./compromise.ts";
import type { FactOptions, FactSpan, FactTagger } from "./fact-span.ts";
import { spacyTagger } from "./spacy.ts";
import { winkTagger } from "./wink.ts";

const TEXT =
  "Mira Oduya (3 May 1911 – 14 July 1988) was a Kenyan-born botanist, teacher and poet.\nBorn in Nairobi, she didn't study in Kenya: Oduya's degree came from the University of Leeds in 1935. The second prize was $400.";
const facts = (tagger: FactTagger, text: string): string[] =>
  tagger(text).flatMap(({ kind, start, end }) => (kind === "factual" ? [text.slice(start, end)] : []));
const rules = (tagger: FactTagger, text: string): string[] =>
  tagger(text).flatMap(({ kind, start, end, rule }) => (kind === "factual" ? [`${text.slice(start, end)}: ${rule}`] : []));
const taggers: { readonly [name: string]: (options?: FactOptions) => FactTagger } = {
  compromise: compromiseTagger,
  wink: winkTagger,
  capitals: ({ mention = "word", title = "include" } = {}) => capitalsTagger({ mention, title }),
};

/** Sorted, disjoint, of something, and with nothing but white space between. */
function expectWhole(text: string, spans: readonly FactSpan[]): void {
  let end = 0;
  for (const span of spans) {
    expect(span.start).toBeGreaterThanOrEqual(end);
    expect(span.end).toBeGreaterThan(span.start);
    expect(text.slice(end, span.start).trim()).toBe("");
    expect(text.slice(span.start, span.end)).not.toMatch(/^\s|\s$/);
    end = span.end;
  }
  expect(text.slice(end).trim()).toBe("");
}

const fragment = fc.constantFrom(
  "1909 – 14",
  "didn't",
  "(20",
  "1959)",
  "Australian-American",
  "in 1935",
  "U.S.",
  "Flynn's",
  "é",
  "e\u0301",
  "😀",
  "\u00a0",
  "  ",
  "\n",
  "\u2028",
  "\ufeff",
  "$5.50",
  "12%",
  "the",
  "Mira Oduya",
  "東京",
  "don’t",
  "-",
  "“",
  "gonna",
  "www.x.org",
  "a@b.c",
  "#tag",
);
const text = fc
  .array(fc.oneof(fragment, fc.string({ unit: "binary", maxLength: 6 }), fc.string({ maxLength: 8 })), { maxLength: 10 })
  .map((parts) => parts.join(" "));

describe("taggers", () => {
  it.each(Object.entries(taggers))("%sTagger() cuts any text into words and marks that lie where they say", (_, tagger) => {
    const tag = tagger();
    fc.assert(
      fc.property(text, (each) => expectWhole(each, tag(each))),
      { seed: 1, numRuns: 300 },
    );
  });

  let read: Promise<string[]> | undefined;
  const realTexts = (): Promise<string[]> =>
    (read ??= (async () => {
      const texts: string[] = [];
      for await (const { text } of (await corpus()).documents({ split: "validation", limit: 40 })) texts.push(text);
      return texts;
    })());
  it.each(Object.entries(taggers))("%sTagger() does so for real text", async (_, tagger) => {
    const tag = tagger();
    for (const each of await realTexts()) expectWhole(each, tag(each));
  });

  it.each(Object.entries(taggers))("%sTagger() finds no fact in what a document says again, and nothing of another document", (_, tagger) => {
    const tag = tagger();
    const alone = facts(tag, TEXT);
    const twice = `${TEXT}\n${TEXT}`;
    expect(facts(tag, twice)).toEqual(alone);
    expect(tag(twice).filter(({ kind, start }) => kind === "factual" && start >= TEXT.length)).toEqual([]);
    expect(facts(tag, TEXT)).toEqual(alone);
    const all = facts(tagger({ mention: "all" }), twice);
    expect(all).toEqual([...facts(tagger({ mention: "all" }), TEXT), ...facts(tagger({ mention: "all" }), TEXT)]);
    expect(all.length).toBeGreaterThan(alone.length);
  });

  it.each(Object.entries(taggers))("%sTagger() calls no function word a fact", (_, tagger) => {
    expect(facts(tagger(), TEXT).filter((word) => ["was", "a", "and", "in", "the", "of", "she"].includes(word))).toEqual([]);
  });

  it("taggers of a name that a document begins with exempt it when they are told", () => {
    expect(facts(compromiseTagger({ title: "exempt" }), TEXT).slice(0, 2)).toEqual(["3", "May"]);
    expect(facts(compromiseTagger({ title: "exempt" }), TEXT)).not.toContain("Oduya");
  });

  it("taggers with spans for mentions let a part of a name count again", () => {
    const again = "Mira Oduya met Anna Oduya. Mira Oduya left.";
    expect(facts(compromiseTagger({ mention: "word" }), again)).toEqual(["Mira", "Oduya", "Anna"]);
    expect(facts(compromiseTagger({ mention: "span" }), again)).toEqual(["Mira", "Oduya", "Anna", "Oduya"]);
  });

  it("taggers take only the rules that they are told", () => {
    expect(rules(compromiseTagger({ entities: [], keywords: [] }), TEXT)).toEqual([
      "3: Number",
      "May: Month",
      "1911: Year",
      "14: Number",
      "July: Month",
      "1988: Year",
      "1935: Year",
      "second: Ordinal",
      "400: Money",
    ]);
    expect(rules(compromiseTagger({ entities: ["Demonym"], values: [], keywords: [] }), TEXT)).toEqual(["Kenyan: Demonym"]);
    expect(() => compromiseTagger({ values: ["Colour"] })).toThrow('values must be among Year, Month, Date, Money, Percent, Ordinal, Number, got "Colour"');
    expect(() => winkTagger({ mention: "once" as "all" })).toThrow('mention must be among word, span, all, got "once"');
  });
});

describe("compromiseTagger()", () => {
  it("compromiseTagger() of golden sentences, by compromise 14.17.0", () => {
    expect(nlp.version).toBe("14.17.0");
    expect(rules(compromiseTagger(), TEXT)).toEqual([
      "Mira: Person",
      "Oduya: Person",
      "3: Number",
      "May: Month",
      "1911: Year",
      "14: Number",
      "July: Month",
      "1988: Year",
      "Kenyan: Demonym",
      "botanist: Occupation",
      "teacher: Occupation",
      "poet: Occupation",
      "Nairobi: Place",
      "Kenya: Place",
      "degree: Keyword",
      "University: Organization",
      "Leeds: Organization",
      "1935: Year",
      "second: Ordinal",
      "prize: Keyword",
      "400: Money",
    ]);
  });

  it("compromiseTagger() of names in apposition, surnames that come again, possessives and years in brackets", () => {
    expect(facts(compromiseTagger(), "Born in Battery Point, Tasmania, Errol Leslie Flynn (1909–1959) left. Flynn later moved; Flynn's wife stayed.")).toEqual([
      "Battery",
      "Point",
      "Tasmania",
      "Errol",
      "Leslie",
      "Flynn",
      "1909",
      "1959",
      "wife",
    ]);
  });

  it("compromiseTagger() keeps the halves of merged ranges, hyphens and contractions apart", () => {
    expect(rules(compromiseTagger(), "It ran 1909 – 14 and didn't stop.")).toEqual(["1909: Year", "14: Number"]);
    expect(facts(compromiseTagger(), "An Australian-American (20 km) in 1935.")).toEqual(["Australian", "American", "20", "1935"]);
  });
});

describe("winkTagger()", () => {
  it("winkTagger() of golden sentences, by wink-eng-lite-web-model 1.8.1", () => {
    const { version } = createRequire(import.meta.url)("wink-eng-lite-web-model/package.json") as { version: string };
    expect(version).toBe("1.8.1");
    // Words of a name that the model takes for nouns are none of its facts.
    expect(facts(winkTagger(), "They met at First Baptist Church in 1935.")).toEqual(["Baptist", "1935"]);
    expect(facts(winkTagger(), TEXT)).toEqual([
      "Mira",
      "Oduya",
      "3",
      "May",
      "1911",
      "14",
      "July",
      "1988",
      "Kenyan",
      "botanist",
      "teacher",
      "poet",
      "Nairobi",
      "Kenya",
      "degree",
      "University",
      "Leeds",
      "1935",
      "prize",
      "400",
    ]);
  });
});

describe("capitalsTagger()", () => {
  it("capitalsTagger() is capitals inside sentences, and digits", () => {
    const words = TEXT.matchAll(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu);
    const seen = new Set<string>();
    const expected: string[] = [];
    for (const { 0: word, index } of words) {
      const begins = index === 0 || /[.!?\n][^\p{L}\p{N}]*$/u.test(TEXT.slice(0, index));
      if (!/\p{N}/u.test(word) && (begins || !/\p{Lu}/u.test(word))) continue;
      const form = word.toLowerCase().replace(/'s$/, "");
      if (!seen.has(form)) expected.push(word);
      seen.add(form);
    }
    expect(facts(capitalsTagger(), TEXT)).toEqual(expected);
    expect(expected).toContain("Oduya");
    expect(expected).not.toContain("Born");
  });
});

describe("spacyTagger()", () => {
  it("spacyTagger() turns places that count code points into UTF-16 units", () => {
    const each = "😀 Mira Oduya 🌿 was a botanist in Nairobi.";
    const points = [...each].join("\u0000").split("\u0000");
    const at = (word: string): { start: number; end: number } => {
      const start = points.findIndex((_, i) => points.slice(i, i + word.length).join("") === word);
      return { start, end: start + word.length };
    };
    const tokens = (["Mira PROPN", "Oduya PROPN", "was AUX", "a DET", "botanist NOUN", "in ADP", "Nairobi PROPN"] as const).map((pair) => {
      const [word, pos] = pair.split(" ") as [string, string];
      return {
        ...at(word === "a" ? "a botanist" : word === "in" ? "in N" : word),
        ...(word === "a" && { end: at("a botanist").start + 1 }),
        ...(word === "in" && { end: at("in N").start + 2 }),
        pos,
        lemma: pos === "AUX" ? "be" : word,
      };
    });
    const tagger = spacyTagger([{ text: each, ents: [{ ...at("Mira Oduya"), label: "PERSON" }], tokens }]);
    expect(rules(tagger, each)).toEqual(["Mira: Person", "Oduya: Person", "botanist: Copula noun", "Nairobi: Name"]);
  });

  it("spacyTagger() refuses records and texts that are none", () => {
    expect(() => spacyTagger([{ text: "a", ents: [{ start: 0, end: 9, label: "PERSON" }] }])).toThrow("expected places in [0, 1], got 9");
    expect(() => spacyTagger([{ txt: "a" }])).toThrow("Cannot take a record of spaCy: text: ");
    expect(() => spacyTagger([{ text: "a" }])("b")).toThrow('expected a text among the 1 that spaCy parsed, got "b"');
  });
});

describe("alignment()", async () => {
  const tokenizer = bytePairTokenizer(await learnedBytePairs([TEXT], { vocabulary: 300, minimumCount: 1 }));
  const spans = fc
    .array(
      fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 6 }), fc.constantFrom("factual" as const, "grammatical" as const, "other" as const)),
      { maxLength: 6 },
    )
    .map((steps) => {
      let at = 0;
      return steps.map(([gap, length, kind]): FactSpan => {
        const start = at + gap;
        at = start + length;
        return { start, end: at, kind, rule: "" };
      });
    });

  it("alignment() is what a loop over all characters finds", () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.constantFrom("▁in▁Nairobi", " é😀 e\u0301")), spans, (each, all) => {
        const pieces = tokenizer.pieces(each);
        const kinds = alignment(each, pieces, { spans: all });
        pieces.forEach(({ start, end }, i) => {
          let from = start;
          while (from < end && /[\s▁]/.test(each[from]!)) from++;
          const met = Array.from({ length: end - from }, (_, k) => all.find((span) => span.start <= from + k && from + k < span.end)).filter(
            (span) => span !== undefined,
          );
          const expected = met.some(({ kind }) => kind === "factual") ? "factual" : (met[0]?.kind ?? "other");
          expect(kinds[i]).toBe(TOKEN_KINDS[expected]);
        });
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  it("alignment() with the first piece alone has one for each factual span that a piece touches", () => {
    const tag = compromiseTagger();
    const all = tag(TEXT);
    const pieces = tokenizer.pieces(TEXT);
    const first = alignment(TEXT, pieces, { spans: all, pieces: "first" });
    const every = alignment(TEXT, pieces, { spans: all });
    expect(first.filter((kind) => kind === TOKEN_KINDS.factual)).toHaveLength(facts(tag, TEXT).length);
    expect(every.filter((kind) => kind === TOKEN_KINDS.factual).length).toBeGreaterThan(facts(tag, TEXT).length);
    first.forEach((kind, i) => kind === TOKEN_KINDS.factual && expect(every[i]).toBe(kind));
  });

  it("alignment() of a window is the window of the alignment: facts belong to documents", () => {
    const all = compromiseTagger()(TEXT);
    const pieces = tokenizer.pieces(TEXT);
    const whole = alignment(TEXT, pieces, { spans: all });
    for (const cut of [1, 17, 60]) expect([...alignment(TEXT, pieces.slice(cut), { spans: all })]).toEqual([...whole.slice(cut)]);
  });
});
