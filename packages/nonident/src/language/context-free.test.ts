import { foldIn, key, type Sequence } from "@lab/tensor-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sequenceKl } from "../equivalence/sequence-kl.ts";
import { normalForm, type ContextFree, type GrammarSymbol } from "./context-free.ts";
import { contextFree } from "./derivations.ts";
import { dyck } from "./dyck.ts";
import { inside, outside, prefixWeight } from "./inside-outside.ts";
import { strings } from "./prompts.ts";
import { stochasticContextFree } from "./stochastic-context-free.ts";

/** Weights of all strings up to a length: the least solution of W_A = Σ weight · W_X₁ · W_X₂ …, products of strings cut at the length, by iteration. */
function weightsOfStrings({ start, productions }: ContextFree, longest: number): Map<string, number> {
  let tables = new Map<string, Map<string, number>>();
  const of = (symbol: GrammarSymbol): Map<string, number> => (typeof symbol === "number" ? new Map([[String(symbol), 1]]) : (tables.get(symbol) ?? new Map()));
  for (let round = 0; round < 80; round++) {
    const next = new Map<string, Map<string, number>>();
    for (const { left, right, weight = 1 } of productions) {
      let product = new Map([["", weight]]);
      for (const symbol of right) {
        const longer = new Map<string, number>();
        for (const [head, x] of product)
          for (const [tail, y] of of(symbol)) if (head.length + tail.length <= longest) longer.set(head + tail, (longer.get(head + tail) ?? 0) + x * y);
        product = longer;
      }
      const sums = next.get(left) ?? new Map<string, number>();
      for (const [s, x] of product) sums.set(s, (sums.get(s) ?? 0) + x);
      next.set(left, sums);
    }
    tables = next;
  }
  return of(start);
}

/** Empty, unit and long rules, ambiguity, and a nonterminal on the left of itself. */
const rich: ContextFree = {
  start: "S",
  productions: [
    { left: "S", right: ["S", "A"], weight: 0.2 },
    { left: "S", right: ["A"], weight: 0.3 },
    { left: "S", right: [0, "A", 1, "B"], weight: 0.25 },
    { left: "S", right: [1], weight: 0.25 },
    { left: "A", right: ["B"], weight: 0.3 },
    { left: "A", right: [0], weight: 0.6 },
    { left: "A", right: [], weight: 0.1 },
    { left: "B", right: [1, "B"], weight: 0.2 },
    { left: "B", right: ["A", "A"], weight: 0.1 },
    { left: "B", right: [], weight: 0.7 },
  ],
};
const all = (longest: number): readonly Sequence[] => Array.from({ length: longest + 1 }, (_, length) => strings([0, 1], { length })).flat();

describe("normalForm(), inside() and prefixWeight()", () => {
  const grammar = normalForm(rich);
  const weights = weightsOfStrings(rich, 4);

  it("inside() of the normal form is the weight of all derivations, found from the equations of the grammar", () => {
    for (const s of all(4)) {
      const found = s.length === 0 ? grammar.empty : inside(grammar, s)[0]![s.length]![0]!;
      // Each round leaves less than half of what was missing: 80 of them, nothing that a float64 holds.
      expect(Math.abs(found - (weights.get(s.join("")) ?? 0)), s.join("")).toBeLessThan(1e-14);
    }
  });

  it("prefixWeight() is p(x) + Σᵥ p(xv…), and 1 of the empty prefix", () => {
    expect(prefixWeight(grammar, [])).toBeCloseTo(1, 12);
    for (const s of all(4)) {
      const whole = s.length === 0 ? grammar.empty : inside(grammar, s)[0]![s.length]![0]!;
      expect(whole + prefixWeight(grammar, [...s, 0]) + prefixWeight(grammar, [...s, 1])).toBeCloseTo(prefixWeight(grammar, s), 12);
    }
  });

  it("outside() times inside() of the tokens of a string is the weight of the string, at each of its places", () => {
    const s = [0, 0, 1, 1];
    const chart = inside(grammar, s);
    const around = outside(grammar, s, chart);
    for (let i = 0; i < s.length; i++) {
      const direct = new Float64Array(grammar.size);
      for (const [left, token, weight] of grammar.terminal) if (token === s[i]) direct[left]! += weight;
      expect(around[i]![i + 1]!.reduce((sum, x, left) => sum + x * direct[left]!, 0)).toBeCloseTo(chart[0]![4]![0]!, 14);
    }
  });

  it("normalForm() refuses endless derivations, negative weights and nonterminals that lead nowhere", () => {
    const loops = {
      start: "S",
      productions: [
        { left: "S", right: ["S"] },
        { left: "S", right: [0] },
      ],
    };
    expect(() => normalForm(loops)).toThrow("sums over derivations are finite");
    expect(() => normalForm({ start: "S", productions: [{ left: "S", right: ["T"] }] })).toThrow("a production of T, got none");
    expect(() => normalForm({ start: "S", productions: [{ left: "S", right: [0], weight: -1 }] })).toThrow("at least 0, got -1");
  });
});

describe("contextFree()", () => {
  const nested = contextFree({
    start: "S",
    productions: [
      { left: "S", right: [] },
      { left: "S", right: [0, "S", 1, "S"] },
      { left: "S", right: [2, "S", 3, "S"] },
    ],
  });

  it("contextFree() of Dyck's grammar contains, continues and counts as dyck() does", () => {
    const language = dyck({ pairs: 2 });
    for (const length of [0, 1, 2, 3, 4])
      for (const s of strings([0, 1, 2, 3], { length })) {
        expect(nested.contains(s), s.join("")).toBe(language.contains(s));
        expect(nested.viable(s), s.join("")).toBe(language.viable(s));
      }
    for (const length of [0, 2, 5, 6, 40]) expect(nested.count(length)).toBe(language.count(length));
  });

  it("contextFree() decides prompts of 160 symbols", () => {
    const open = new Array<number>(80).fill(0);
    const closed = new Array<number>(80).fill(1);
    expect([nested.viable([...open, ...open]), nested.contains([...open, ...closed]), nested.contains([...open, ...closed.slice(1)])]).toEqual([
      true,
      true,
      false,
    ]);
    expect([nested.viable([...open, 3]), nested.viable([...open, ...closed.slice(1), 2])]).toEqual([false, true]);
  });

  it("contextFree() of a grammar that derives nothing has no viable prefix", () => {
    const barren = contextFree({ start: "S", productions: [{ left: "S", right: [0, "S"] }] });
    expect([barren.viable([]), barren.viable([0]), barren.contains([0]), barren.count(3)]).toEqual([false, false, false, 0n]);
  });

  it("contextFree() samples its strings of a length equally often", () => {
    const draws = 1000;
    const seen = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const s = nested.sample(foldIn(key(1), i), { length: 4 }).join("");
      seen.set(s, (seen.get(s) ?? 0) + 1);
    }
    expect(seen.size).toBe(8);
    for (const count of seen.values()) expect(Math.abs(count / draws - 1 / 8)).toBeLessThan(5 * Math.sqrt(7 / 64 / draws));
    expect(() => nested.sample(key(0), { length: 3 })).toThrow("no member has length 3");
  });

  it("contextFree() counts derivations where the grammar is ambiguous", () => {
    const ambiguous = contextFree({
      start: "S",
      productions: [
        { left: "S", right: ["S", "S"] },
        { left: "S", right: [0] },
      ],
    });
    // Binary trees with n leaves.
    expect([1, 2, 3, 4, 5].map(ambiguous.count)).toEqual([1n, 1n, 2n, 5n, 14n]);
  });
});

describe("stochasticContextFree()", () => {
  const geometric = (r: number): ContextFree => ({
    start: "S",
    productions: [
      { left: "S", right: [0, "S", 1], weight: r },
      { left: "S", right: [0, 1], weight: 1 - r },
    ],
  });

  it("stochasticContextFree() of S → aSb or ab has the closed divergence ln((1 − r)/(1 − s)) + r/(1 − r) ln(r/s)", async () => {
    const [p, q] = [stochasticContextFree(geometric(0.5)), stochasticContextFree(geometric(0.6))];
    const { value, unfinished } = await sequenceKl([p.model, q.model], { end: p.end, longest: 41 });
    expect(unfinished).toBeLessThan(1e-5);
    // What is unfinished has at most n ln(5/6) nats a string, of which less than 10⁻⁵ are left.
    expect(Math.abs(value - 0.0408219945)).toBeLessThan(1e-5);
  });

  it("stochasticContextFree() is the quotient of prefix weights, uniform off its support, and samples what it says", () =>
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 0.6, noNaN: true }), (r) => {
        const { model, logProb, sample, end } = stochasticContextFree(geometric(r));
        expect(Math.exp(model.logProbs([0, 0])[1]!)).toBeCloseTo(1 - r, 12);
        expect(model.logProbs([0, 1])[end]).toBe(0);
        expect(Math.exp(logProb([0, 0, 1, 1]))).toBeCloseTo(r * (1 - r), 12);
        expect([...model.logProbs([1])].map((l) => Math.exp(l).toFixed(9))).toEqual(new Array(3).fill("0.333333333"));
        const draws = 300;
        const short = Array.from({ length: draws }, (_, i) => sample(foldIn(key(2), i))).filter((s) => s.length === 2).length / draws;
        expect(Math.abs(short - (1 - r))).toBeLessThan(5 * Math.sqrt((r * (1 - r)) / draws));
      }),
      { numRuns: 5, seed: 1 },
    ));

  it("stochasticContextFree() refuses weights that do not sum to one, and derivations that need not end", () => {
    expect(() => stochasticContextFree({ start: "S", productions: [{ left: "S", right: [0], weight: 0.5 }] })).toThrow("weights of S that sum to 1, got 0.5");
    const supercritical = {
      start: "S",
      productions: [
        { left: "S", right: ["S", "S"], weight: 0.75 },
        { left: "S", right: [0], weight: 0.25 },
      ],
    };
    expect(() => stochasticContextFree(supercritical)).toThrow("total probability 1, got 0.33333");
  });
});
