import { foldIn, key, type Sequence } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { aNbNaN } from "./a-n-b-n-a-n.ts";
import { aNbNcN } from "./a-n-b-n-c-n.ts";
import { aNbN } from "./a-n-b-n.ts";
import { baN } from "./ba-n.ts";
import { bbaN } from "./bba-n.ts";
import { dyck } from "./dyck.ts";
import { extrapolationLanguages } from "./extrapolation-language.ts";
import { finiteAutomaton } from "./finite-automaton.ts";
import type { Grammar } from "./grammar.ts";
import { members } from "./members.ts";
import { parity } from "./parity.ts";
import { prompts, strings } from "./prompts.ts";
import { shuffledDyck } from "./shuffled-dyck.ts";
import { tomita } from "./tomita.ts";
import { uniformWholeNumber } from "./uniform-whole-number.ts";

const text = (sequence: Sequence): string => sequence.map((token) => "abcd"[token]).join("");
const binary = (sequence: Sequence): string => sequence.join("");
/** Nested or crossing brackets by taking out what closes at once. */
const reduces = (s: string, pairs: readonly string[]): boolean => {
  let [before, now] = ["", s];
  while (before !== now) [before, now] = [now, pairs.reduce((t, pair) => t.replaceAll(pair, ""), now)];
  return now === "";
};
const only = (s: string, letters: string): string => [...s].filter((letter) => letters.includes(letter)).join("");
const ofRuns = (s: string, bad: RegExp): boolean => !bad.test(s);

/** Each language beside a definition of another kind, on strings short enough to try all. */
const languages: readonly (readonly [name: string, language: Grammar, definition: (s: Sequence) => boolean, longest: number])[] = [
  ["aNbN()", aNbN({ largest: 3 }), (s) => /^(ab|aabb|aaabbb)$/.test(text(s)), 8],
  ["aNbNcN()", aNbNcN({ largest: 2 }), (s) => /^(abc|aabbcc)$/.test(text(s)), 7],
  ["aNbNaN()", aNbNaN({ largest: 2 }), (s) => /^(aba|aabbaa)$/.test(text(s)), 8],
  ["baN()", baN(), (s) => /^b(b*ab*ab*)*b*$/.test(text(s)) && text(s).startsWith("b"), 9],
  ["bbaN()", bbaN(), (s) => /^b+(aa)*$/.test(text(s)), 9],
  ["parity()", parity(), (s) => only(binary(s), "1").length % 2 === 0, 9],
  ["dyck() of one kind", dyck({ pairs: 1 }), (s) => reduces(text(s), ["ab"]), 10],
  ["dyck() of two kinds", dyck({ pairs: 2 }), (s) => reduces(text(s), ["ab", "cd"]), 7],
  ["shuffledDyck()", shuffledDyck({ pairs: 2 }), (s) => reduces(only(text(s), "ab"), ["ab"]) && reduces(only(text(s), "cd"), ["cd"]), 7],
  ["tomita(1)", tomita(1), (s) => /^1*$/.test(binary(s)), 9],
  ["tomita(2)", tomita(2), (s) => /^(10)*$/.test(binary(s)), 9],
  ["tomita(3)", tomita(3), (s) => ofRuns(binary(s), /(^|0)1(11)*0(00)*(1|$)/), 9],
  ["tomita(4)", tomita(4), (s) => !binary(s).includes("000"), 9],
  ["tomita(5)", tomita(5), (s) => only(binary(s), "0").length % 2 === 0 && only(binary(s), "1").length % 2 === 0, 9],
  ["tomita(6)", tomita(6), (s) => (only(binary(s), "0").length - only(binary(s), "1").length) % 3 === 0, 9],
  ["tomita(7)", tomita(7), (s) => /^0*1*0*1*$/.test(binary(s)), 9],
];

/** Members need at most so many symbols more than a viable prefix has. */
const AHEAD = 4;

describe.each(languages)("%s", (name, language, definition, longest) => {
  const all = Array.from({ length: longest + 1 }, (_, length) => strings(language.alphabet, { length }));

  it(`${name} contains exactly the strings of its definition, and counts them`, () => {
    all.forEach((layer, length) => {
      for (const s of layer) expect(language.contains(s), text(s)).toBe(definition(s));
      expect(language.count(length)).toBe(BigInt(layer.filter(definition).length));
    });
  });

  it(`${name} finds a prefix viable exactly where some member starts so`, () => {
    const whole = all.flat().filter(definition).map(text);
    for (const s of all.slice(0, longest - AHEAD + 1).flat()) {
      const starts = whole.some((member) => member.startsWith(text(s)));
      // What no short member shows could still begin a longer one only where brackets are open or blocks are long.
      if (starts || s.length <= longest / 2) expect(language.viable(s), text(s)).toBe(starts);
    }
  });

  it(`${name} samples all members of a length equally often`, () => {
    const length = [6, 5, 4, 3].find((n) => language.count(n) > 0n)!;
    const expected = all[length]!.filter(definition).map(text);
    const draws = 400;
    const seen = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const drawn = text(language.sample(foldIn(key(1), i), { length }));
      seen.set(drawn, (seen.get(drawn) ?? 0) + 1);
    }
    for (const drawn of seen.keys()) expect(expected).toContain(drawn);
    const share = 1 / expected.length;
    for (const member of expected) expect(Math.abs((seen.get(member) ?? 0) / draws - share)).toBeLessThanOrEqual(5 * Math.sqrt((share * (1 - share)) / draws));
  });

  it(`${name} refuses lengths that are none`, () => {
    for (const length of [-1, 1.5, NaN]) expect(() => language.count(length)).toThrow(`at least 0, got ${length}`);
    expect(language.contains([9])).toBe(false);
    expect(language.viable([9])).toBe(false);
  });
});

describe("counts and samples of long strings", () => {
  it("dyck() counts kⁿ Catalan(n) words of n pairs, exactly for hundreds of symbols", () => {
    expect(Array.from({ length: 8 }, (_, n) => dyck({ pairs: 1 }).count(2 * n))).toEqual([1n, 1n, 2n, 5n, 14n, 42n, 132n, 429n]);
    let catalan = 1n;
    for (let n = 0n; n < 128n; n++) catalan = (catalan * 2n * (2n * n + 1n)) / (n + 2n);
    expect(dyck({ pairs: 2 }).count(256)).toBe(catalan * 2n ** 128n);
    expect(dyck({ pairs: 2 }).contains(dyck({ pairs: 2 }).sample(key(1), { length: 256 }))).toBe(true);
  });

  it("sample() refuses a length of which there is no member", () => {
    expect(() => dyck({ pairs: 1 }).sample(key(0), { length: 3 })).toThrow("no member has length 3");
  });

  it("uniformWholeNumber() draws every number equally often, also where n is no power of two", () => {
    const draws = 5000;
    const seen = new Array<number>(5).fill(0);
    for (let i = 0; i < draws; i++) seen[Number(uniformWholeNumber(foldIn(key(2), i), 5n))]! += 1;
    for (const count of seen) expect(Math.abs(count / draws - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / draws));
    expect(uniformWholeNumber(key(0), 1n)).toBe(0n);
    expect(() => uniformWholeNumber(key(0), 0n)).toThrow("at least 1 to choose from, got 0");
  });

  it("finiteAutomaton() takes no prefix of the empty language for viable, and refuses states that are not there", () => {
    const empty = finiteAutomaton({ transitions: [[0]], accepting: [] });
    expect([empty.viable([]), empty.contains([]), empty.count(3)]).toEqual([false, false, 0n]);
    expect(() => finiteAutomaton({ transitions: [[1]], accepting: [0] })).toThrow("expected states below 1, got 1");
    expect(() => finiteAutomaton({ transitions: [[0], [0, 1]], accepting: [0] })).toThrow("got 2");
  });

  it("members() lists what strings() and contains() find", () => {
    const language = tomita(4);
    const found = [0, 1, 2, 3, 4, 5].flatMap((length) => strings([0, 1], { length })).filter(language.contains);
    expect(members(language, { longest: 5 })).toEqual(found);
  });
});

describe("extrapolationLanguages()", () => {
  const languages = extrapolationLanguages();
  const third = languages[2]!;

  it("extrapolationLanguages() has the study's numbers of prompts, told apart by the viable prefix", () => {
    const counted = languages.map(({ prompts: of }) => [of().inDistribution.length, of().outOfDistribution.length]);
    expect(counted).toEqual([
      [128, 128],
      [128, 128],
      [5, 251],
      [32, 32],
      [4, 239],
      [32, 32],
    ]);
    for (const { grammar, prompts: of } of languages) {
      expect(of().inDistribution.every(grammar.viable)).toBe(true);
      expect(of().outOfDistribution.some(grammar.viable)).toBe(false);
    }
  });

  it("of aⁿbⁿ's 251 prompts out of distribution 69 are balanced and 4 obey R2; the imbalances are 69, 111, 55, 15, 1", () => {
    const { outOfDistribution } = third.prompts();
    expect(outOfDistribution.filter(third.r1.holds)).toHaveLength(69);
    expect(outOfDistribution.filter(third.r2.holds)).toHaveLength(4);
    const imbalance = outOfDistribution.map((s) => Math.abs(s.reduce((sum, token) => sum + 1 - 2 * token, 0)));
    expect([0, 2, 4, 6, 8].map((n) => imbalance.filter((d) => d === n).length)).toEqual([69, 111, 55, 15, 1]);
  });

  it("the strings of length 1 to 8 over {a, b} fall into 4, 94, 40 and 372 by R1 and R2 of aⁿbⁿ", () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((length) => strings([0, 1], { length }));
    const classes = [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ].map(([r1, r2]) => all.filter((s) => third.r1.holds(s) === r1 && third.r2.holds(s) === r2).length);
    expect(classes).toEqual([4, 94, 40, 372]);
  });

  it("each language but L4 is the intersection of its rules, where its strings are short; L4 is nested on top", () => {
    for (const { id, grammar, r1, r2 } of languages)
      for (const s of strings(grammar.alphabet, { length: 6 })) {
        const both = r1.holds(s) && r2.holds(s);
        if (id === "L4") expect(!grammar.contains(s) || both, `${id} ${text(s)}`).toBe(true);
        else expect(grammar.contains(s), `${id} ${text(s)}`).toBe(both);
      }
  });

  it("prompts() refuses more strings than can be listed", () => {
    expect(() => prompts(dyck({ pairs: 4 }), { length: 20 })).toThrow("expected at most");
  });
});
