import { describe, expect, it } from "vitest";
import { begun } from "./answer-unit.ts";

/** What is taken when the text comes letter by letter, which must be what is taken of the whole. */
function taken(text: string, unit: "word" | "span"): string | undefined {
  const whole = begun(text, unit);
  const first = Array.from(text, (_, i) => begun(text.slice(0, i + 1), unit)).find((answer) => answer !== undefined);
  expect(first).toBe(whole);
  return whole;
}

describe("answers", () => {
  it.each([
    [" Oslo, where", " Oslo,", " Oslo,"],
    [" New York City in 1911", " New", " New York City"],
    [" 3 May 1911 and", " 3", " 3 May 1911"],
    [" J. K. Rowling wrote", " J.", " J. K. Rowling"],
    [" the United States of", " the", " the United States"],
    ["Paris.\nHer first", "Paris.", "Paris."],
    [" Paris\nHer first", " Paris", " Paris"],
    [" botanist Mira Oduya", " botanist", " botanist"],
    [" Émile \u00a0Zola", " Émile", " Émile"],
    [" Émile\u00a0Zola wrote", " Émile", " Émile\u00a0Zola"],
    [" “The Fall” of", " “The", " “The Fall”"],
    [" Oslo “The", " Oslo", undefined],
    ["Oslo", undefined, undefined],
    [" New York", " New", undefined],
    [" ", undefined, undefined],
  ])("%j begins with one word and one span", (text, word, span) => {
    expect([taken(text, "word"), taken(text, "span")]).toEqual([word, span]);
  });
});
