import { tabular, type Sequence } from "@lab/tensor-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divergences } from "./divergences.ts";
import { automatonKl, automatonModel, type ProbabilisticAutomaton } from "./probabilistic-automaton.ts";
import { sequenceKl } from "./sequence-kl.ts";
import { textModel } from "./text-model.ts";

describe("automatonKl()", () => {
  const geometric = (r: number): ProbabilisticAutomaton => ({ next: [[0]], probabilities: [[r, 1 - r]] });
  const row = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }).map((w) => w.map((x) => x / w.reduce((a, b) => a + b, 0)));
  const states = fc.integer({ min: 1, max: 3 });
  const automaton: fc.Arbitrary<ProbabilisticAutomaton> = states.chain((size) =>
    fc.record({
      next: fc.array(fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: size - 1 })), { minLength: size, maxLength: size }),
      probabilities: fc.array(row, { minLength: size, maxLength: size }),
    }),
  );

  it("automatonKl() of geometric lengths is the closed form, both ways", () => {
    expect(automatonKl(geometric(0.5), geometric(0.6))).toBeCloseTo(0.0408219945, 9);
    expect(automatonKl(geometric(0.9), geometric(0.95))).toBeCloseTo(0.2065421891, 9);
  });

  it("automatonKl() lies between the enumeration up to a length and that plus what it cut, on random automata of different states", () =>
    fc.assert(
      fc.asyncProperty(automaton, automaton, async (p, q) => {
        const whole = automatonKl(p, q);
        const { value, unfinished } = await sequenceKl([automatonModel(p), automatonModel(q)], { end: 2, longest: 9 });
        expect(whole).toBeGreaterThanOrEqual(value - 1e-12);
        // Log-ratios are below ln 19, and each further token ends with a chance above 1/19.
        expect(whole).toBeLessThanOrEqual(value + unfinished * 19 * Math.log(19));
      }),
      { numRuns: 20, seed: 1 },
    ));

  it("automatonKl() is infinite where q excludes what p allows, and refuses automata that never end or are none", () => {
    const stops: ProbabilisticAutomaton = { next: [[undefined]], probabilities: [[0, 1]] };
    expect(automatonKl(geometric(0.5), stops)).toBe(Infinity);
    expect(automatonKl(stops, geometric(0.5))).toBeCloseTo(Math.log(2), 12);
    expect(() => automatonKl(geometric(1), geometric(0.5))).toThrow("end with probability 1");
    expect(() => automatonKl(geometric(0.5), { next: [[0, 0]], probabilities: [[0.5, 0.25, 0.25]] })).toThrow("got 2 and 3");
    expect(() => automatonModel({ next: [[3]], probabilities: [[0.5, 0.5]] })).toThrow("a state after token 0 of state 0, got 3");
    expect(() => automatonModel({ next: [[0]], probabilities: [[0.5, 0.4]] })).toThrow("a sum of 0.9");
    expect([...automatonModel(stops).logProbs([0, 0])].map(Math.exp)).toEqual([0.5, 0.5]);
  });
});

describe("textModel()", () => {
  const pieces = ["a", "b", "ab", "ba", ""];
  const end = 4;
  const alphabet = ["a", "b"];
  const sequences: readonly Sequence[] = [[], [0], [2], [0, 1], [0, 3], [2, 0], [3, 3], [1, 2, 1]];
  const text = (s: Sequence): string => s.map((token) => pieces[token]).join("");
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: sequences.length, maxLength: sequences.length });

  it("textModel() gives each text the probability of all its tokenizations, on random tables", () =>
    fc.assert(
      fc.asyncProperty(weights, async (w) => {
        const total = w.reduce((x, y) => x + y, 0);
        const tokens = tabular(
          sequences.map((s, i) => [s, w[i]! / total] as const),
          { vocabulary: 5, end },
        );
        const model = textModel(tokens, { pieces, end, alphabet });
        for (const s of sequences) {
          const characters = [...text(s)].map((c) => alphabet.indexOf(c));
          let logProb = 0;
          for (const [t, symbol] of [...characters, 2].entries()) logProb += (await model.logProbs(characters.slice(0, t)))[symbol]!;
          const truth = sequences.reduce((sum, other, i) => sum + (text(other) === text(s) ? w[i]! / total : 0), 0);
          expect(Math.exp(logProb)).toBeCloseTo(truth, 12);
        }
      }),
      { numRuns: 20, seed: 2 },
    ));

  it("models of one text and different tokenizers are zero apart as texts", async () => {
    const joined = textModel(tabular([[[2, 2], 1]], { vocabulary: 5, end }), { pieces, end, alphabet });
    const split = textModel(tabular([[[1, 0, 1, 0], 1]], { vocabulary: 3, end: 2 }), { pieces: ["b", "a", ""], end: 2, alphabet });
    expect(await divergences([joined, split], { end: 2, longest: 9 })).toMatchObject({ kl: 0, tv: 0, unfinished: [0, 0] });
  });

  it("textModel() refuses pieces and alphabets that do not fit, and too many tokenizations", async () => {
    const tokens = tabular([[[0], 1]], { vocabulary: 3, end: 2 });
    expect(() => textModel(tokens, { pieces: ["a", "b"], end: 2, alphabet })).toThrow("a text for each of 3 tokens");
    expect(() => textModel(tokens, { pieces: ["a", "", "b"], end: 2, alphabet })).toThrow("none for the end symbol 2");
    expect(() => textModel(tokens, { pieces: ["a", "b", ""], end: 2, alphabet: ["ab"] })).toThrow("single characters");
    await expect(textModel(tokens, { pieces: ["a", "b", ""], end: 2, alphabet: ["b"] }).logProbs([])).rejects.toThrow('every character of "a"');
    await expect(textModel(tokens, { pieces: ["a", "b", ""], end: 2, alphabet, most: 1 }).logProbs([0])).rejects.toThrow("at most 1 tokenizations");
  });
});
