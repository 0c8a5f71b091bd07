import { describe, expect, it } from "vitest";
import { strings } from "../language/prompts.ts";
import { balanced, before, beginsWith, equallyMany, evenAtEnd, evenCount, every, onCompletion, type Rule } from "../language/rule.ts";
import { balancedByChance, beginsByChance, equalByChance, evenAtEndByChance, evenByChance, nestedByChance, orderedByChance } from "./chance-level.ts";

/** Between what completions of at most so many symbols give and what the longer ones could add. */
function enumerated(rule: Rule, prompt: readonly number[], { alphabet, symbols, longest }: { alphabet: readonly number[]; symbols: number; longest: number }) {
  let sum = 0;
  for (let length = 0; length <= longest; length++)
    sum += strings(alphabet, { length }).filter((said) => rule.holds([...prompt, ...said])).length / symbols ** (length + 1);
  return { least: sum - 1e-12, most: sum + (alphabet.length / symbols) ** (longest + 1) + 1e-12 };
}
const within = (value: number, { least, most }: { least: number; most: number }): void => {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
};
const two = { alphabet: [0, 1], symbols: 3, longest: 13 };
const three = { alphabet: [0, 1, 2], symbols: 4, longest: 9 };

describe("chance levels, between enumerations of short completions and of all longer ones", () => {
  it("balancedByChance() is the chance to make up a deficit", () => {
    for (let n = 0; n < 4; n++) within(balancedByChance(n), enumerated(equallyMany([0, 1]), new Array<number>(n).fill(0), two));
    // Σₘ C(N + 2m, m)/3^(N + 2m + 1) at N = 1, whose terms fall as (4/9)ᵐ.
    let [sum, choose] = [0, 1];
    for (let m = 0; m < 80; m++) {
      sum += choose / 3 ** (2 * m + 2);
      choose *= ((2 * m + 2) * (2 * m + 3)) / ((m + 1) * (m + 2));
    }
    expect(balancedByChance(1)).toBeCloseTo(sum, 12);
  });

  it("orderedByChance() is the chance that a completion is sorted, whatever its alphabet", () => {
    const ordered = every([before(0, 1), before(1, 2), before(0, 2)]);
    within(orderedByChance(2), enumerated(onCompletion(before(0, 1), 1), [1], two));
    within(orderedByChance(3), enumerated(ordered, [], three));
    // One of four symbols is neither letter nor end: completions hold letters alone.
    within(orderedByChance(2, { symbols: 4 }), enumerated(before(0, 1), [], { ...two, symbols: 4 }));
  });

  it("equalByChance() is the chance that three letters come out even", () => {
    for (const [first, second, prompt] of [
      [0, 0, []],
      [1, 1, [0]],
      [0, 1, [0, 1]],
      [1, 2, [0, 0, 1]],
    ] as const)
      within(equalByChance(first, second), enumerated(equallyMany([0, 1, 2]), prompt, three));
  });

  it("nestedByChance() is the chance to close what is open, and does not depend on the other symbols", () => {
    for (let open = 0; open < 3; open++) {
      const prompt = new Array<number>(open).fill(0);
      within(nestedByChance(open), enumerated(balanced(0, 1), prompt, two));
      within(nestedByChance(open), enumerated(balanced(0, 1), prompt, three));
    }
  });

  it("evenByChance(), evenAtEndByChance() and beginsByChance() do not depend on other letters, or say how", () => {
    for (const prompt of [[], [0], [1, 0, 0], [0, 1, 0]]) {
      const [a, last] = [prompt.filter((x) => x === 0).length, prompt.slice(prompt.lastIndexOf(1) + 1).length];
      for (const some of [two, three]) {
        within(evenByChance(a), enumerated(evenCount(0), prompt, some));
        within(evenAtEndByChance(last), enumerated(evenAtEnd(0, 1), prompt, some));
        within(beginsByChance(some.alphabet.length), enumerated(onCompletion(beginsWith(1), prompt.length), prompt, some));
      }
    }
  });

  it("chance levels refuse what counts nothing", () => {
    expect(() => balancedByChance(-1)).toThrow("at least 0, got -1");
    expect(() => evenByChance(-1)).toThrow("at least 0, got -1");
    expect(() => evenAtEndByChance(1.5)).toThrow("got 1.5");
    expect(() => beginsByChance(0)).toThrow("at least 1 letter, got 0");
    expect(() => equalByChance(0, 0.5)).toThrow("got 0.5");
    expect(() => nestedByChance(NaN)).toThrow("got NaN");
    expect(() => orderedByChance(2, { symbols: 2 })).toThrow("more symbols than letters");
  });
});
