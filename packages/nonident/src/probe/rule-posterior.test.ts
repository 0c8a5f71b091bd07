import { describe, expect, it } from "vitest";
import { strings } from "../language/prompts.ts";
import { before, beginsWith, equallyMany } from "../language/rule.ts";
import { rulePosterior } from "./rule-posterior.ts";

const R1 = { rule: equallyMany([0, 1]), bits: 3 };
const R2 = { rule: before(0, 1), bits: 2 };
const data = [
  [0, 1],
  [0, 0, 1, 1],
];
const options = { data, alphabet: [0, 1], longest: 4 };
const all = [0, 1, 2, 3, 4].flatMap((length) => strings([0, 1], { length }));

describe("rulePosterior()", () => {
  it("rulePosterior() is Bayes' rule over subsets: 2^(−bits) over the number of members to the power of the data", () => {
    const { sets } = rulePosterior([R1, R2], options);
    // Of 31 strings of at most four symbols 1 + 2 + 6 are balanced, 1 + 2 + 3 + 4 + 5 ordered, and three both.
    const weights = { "": 1 / 31 ** 2, "equally many": 2 ** -3 / 9 ** 2, before: 2 ** -2 / 15 ** 2, "equally many,before": 2 ** -5 / 3 ** 2 };
    const total = Object.values(weights).reduce((x, y) => x + y, 0);
    expect(sets.map(({ rules, members }) => [rules.join(), members])).toEqual([
      ["equally many,before", 3],
      ["equally many", 9],
      ["before", 15],
      ["", 31],
    ]);
    for (const { rules, posterior } of sets) expect(posterior).toBeCloseTo(weights[rules.join() as keyof typeof weights] / total, 12);
  });

  it("rulePosterior() completes a prompt that breaks R2 by the sets that allow it: the conditional of the whole mixture", async () => {
    const { sets, model, end } = rulePosterior([R1, R2], options);
    const probability = (string: readonly number[]): number =>
      sets.reduce((sum, { rules, posterior, members }) => {
        const keeps = [R1, R2].filter(({ rule }) => rules.includes(rule.name)).every(({ rule }) => rule.holds(string));
        return sum + (keeps ? posterior / members : 0);
      }, 0);
    const begins = (prefix: readonly number[]): number =>
      all.filter((string) => prefix.every((token, t) => string[t] === token)).reduce((sum, string) => sum + probability(string), 0);
    const next = await model.logProbs([1, 0]);
    expect(Math.exp(next[end]!)).toBeCloseTo(probability([1, 0]) / begins([1, 0]), 12);
    expect(Math.exp(next[0]!)).toBeCloseTo(begins([1, 0, 0]) / begins([1, 0]), 12);
    // Balanced already: who knows of R1 stops sooner than who does not.
    const without = await rulePosterior([R2], options).model.logProbs([1, 0]);
    expect(next[end]!).toBeGreaterThan(without[end]!);
  });

  it("rulePosterior() gives no probability to sets that a datum breaks, and none at all to sets that nothing keeps", () => {
    const first = { rule: beginsWith(1), bits: 1 };
    const { sets } = rulePosterior([first, R1], options);
    expect(sets.filter(({ rules }) => rules.includes("begins with")).map(({ posterior }) => posterior)).toEqual([0, 0]);
    const contrary = rulePosterior([first, { rule: beginsWith(0), bits: 1 }], options);
    expect(contrary.sets.map(({ rules }) => rules.length).sort()).toEqual([0, 1, 1]);
  });

  it("rulePosterior() refuses no data, data that do not fit, and descriptions below nothing", () => {
    expect(() => rulePosterior([R1], { ...options, data: [] })).toThrow("expected data, got none");
    expect(() => rulePosterior([R1], { ...options, data: [[0, 0, 0, 1, 1]] })).toThrow("at most 4 symbols");
    expect(() => rulePosterior([R1], { ...options, data: [[2]] })).toThrow("got [2]");
    expect(() => rulePosterior([{ ...R1, bits: -1 }], options)).toThrow("at least 0 bits, got -1");
    expect(() => rulePosterior(new Array(13).fill(R1) as (typeof R1)[], options)).toThrow("at most 12, got 13");
    // The empty string is a datum like another.
    expect(rulePosterior([R1, R2], { ...options, data: [[]] }).sets.every(({ posterior }) => posterior > 0)).toBe(true);
  });
});
