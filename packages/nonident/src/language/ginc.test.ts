import { foldIn, key, type Sequence } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { ginc } from "./ginc.ts";
import { hiddenMarkovMixture, type HiddenMarkov } from "./hidden-markov.ts";
import { strings } from "./prompts.ts";

/** p(o₁ … o_T) by summing over all paths of states. */
function byPaths({ start, transitions, emissions }: HiddenMarkov, sequence: Sequence): number {
  const states = start.map((_, h) => h);
  return strings(states, { length: sequence.length }).reduce(
    (sum, path) => sum + path.reduce((product, h, t) => product * (t === 0 ? start[h]! : transitions[path[t - 1]!]![h]!) * emissions[h]![sequence[t]!]!, 1),
    0,
  );
}

describe("hiddenMarkovMixture()", () => {
  const left: HiddenMarkov = {
    start: [0.2, 0.8],
    transitions: [
      [0.7, 0.3],
      [0.4, 0.6],
    ],
    emissions: [
      [0.5, 0.2, 0.3],
      [0.1, 0.9, 0],
    ],
  };
  const right: HiddenMarkov = { start: [1], transitions: [[1]], emissions: [[0.25, 0.25, 0.5]] };

  it("hiddenMarkovMixture() is the mixture of sums over all paths, its weights posterior", () => {
    const model = hiddenMarkovMixture([left, right], { weights: [0.3, 0.7] });
    for (const s of strings([0, 1, 2], { length: 4 })) {
      const chained = s.reduce((sum, token, t) => sum + model.logProbs(s.slice(0, t))[token]!, 0);
      expect(Math.exp(chained)).toBeCloseTo(0.3 * byPaths(left, s) + 0.7 * byPaths(right, s), 13);
    }
  });

  it("hiddenMarkovMixture() answers as at the start where the likelihood is zero, over long prompts too, and refuses what is no model", () => {
    const cycle: HiddenMarkov = {
      start: [1, 0],
      transitions: [
        [0, 1],
        [1, 0],
      ],
      emissions: [
        [1, 0],
        [0, 1],
      ],
    };
    const model = hiddenMarkovMixture([cycle]);
    expect([...model.logProbs([1])]).toEqual([...model.logProbs([])]);
    expect(
      Math.exp(
        hiddenMarkovMixture([left, right])
          .logProbs(new Array<number>(3000).fill(1))
          .reduce((x, y) => x + Math.exp(y), 0) - 1,
      ),
    ).toBeCloseTo(1, 12);
    expect(() => hiddenMarkovMixture([left, cycle])).toThrow("one vocabulary, got 3, 2");
    expect(() => hiddenMarkovMixture([left], { weights: [0.5] })).toThrow("sum to 1, got a sum of 0.5");
    expect(() => hiddenMarkovMixture([{ ...left, start: [0.5, 0.4] }])).toThrow("a sum of 0.9");
    expect(() => hiddenMarkovMixture([])).toThrow("got none");
  });
});

describe("ginc()", () => {
  const [values, slots] = [5, 4];
  const world = ginc({ key: key(3), values, slots, vocabulary: 12, concepts: 3 });

  it("ginc() has doubly stochastic transitions that factor into slots of a concept and values of all, nine tenths of them to stay", () => {
    const factor = (concept: HiddenMarkov, of: "slot" | "value"): number[][] => {
      const [mine, other] = of === "slot" ? [slots, values] : [values, slots];
      const state = (i: number, j: number): number => (of === "slot" ? j * slots + i : i * slots + j);
      return Array.from({ length: mine }, (_, i) =>
        Array.from({ length: mine }, (__, to) =>
          Array.from({ length: other }, (___, j) => concept.transitions[state(i, 0)]![state(to, j)]!).reduce((x, y) => x + y, 0),
        ),
      );
    };
    const [first, second] = world.concepts;
    expect(factor(first!, "value").flat()).toEqual(
      factor(second!, "value")
        .flat()
        .map((x) => expect.closeTo(x, 12) as number),
    );
    expect(factor(first!, "slot")).not.toEqual(factor(second!, "slot"));
    for (const concept of world.concepts) {
      const [slot, value] = [factor(concept, "slot"), factor(concept, "value")];
      for (const matrix of [slot, value])
        matrix.forEach((row, i) => {
          expect(row.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 12);
          expect(matrix.reduce((sum, r) => sum + r[i]!, 0)).toBeCloseTo(1, 12);
        });
      value.forEach((row, v) => expect(row[v]!).toBeGreaterThanOrEqual(0.9 - 1e-12));
      concept.transitions.forEach((row, h) =>
        row.forEach((x, to) => expect(x).toBeCloseTo(slot[h % slots]![to % slots]! * value[Math.floor(h / slots)]![Math.floor(to / slots)]!, 12)),
      );
      // softmax of numbers in [−½, ½]/10: near even.
      const even = 1 / (values * slots);
      for (const x of concept.start) expect(Math.abs(x / even - 1)).toBeLessThan(0.11);
    }
  });

  it("ginc() emits one token of each state, in 1 … V − 1, and the delimiter in slot 0, alike in all concepts", () => {
    world.memory.forEach((row, v) =>
      row.forEach((token, s) => {
        if (s === 0) expect(token).toBe(0);
        else expect(token >= 1 && token < 12).toBe(true);
        for (const { emissions } of world.concepts) expect(emissions[v * slots + s]!.indexOf(1)).toBe(token);
      }),
    );
  });

  it("prompt() is k tokens and a delimiter for each shot, an input of k − 1, all examples from one slot; the label is the concept's likeliest", () => {
    const [shots, k] = [3, 3];
    for (let i = 0; i < 20; i++) {
      const { tokens, label } = world.prompt(foldIn(key(4), i), { concept: 1, shots, k });
      expect(tokens).toHaveLength(shots * (k + 1) + k - 1);
      for (let n = 0; n < shots; n++) expect(tokens[n * (k + 1) + k]).toBe(0);
      const starts = [0, 1, 2, 3].map((n) => tokens[n * (k + 1)]!);
      const possible = [1, 2, 3].filter((s) => starts.every((token) => world.memory.some((row) => row[s] === token)));
      expect(possible.length).toBeGreaterThan(0);
      const test = tokens.slice(-(k - 1));
      const labels = possible.map((slot) => {
        const start = world.concepts[1]!.start.map((_, h) => (h % slots === slot ? 1 / values : 0));
        const weights = Array.from({ length: 12 }, (_, token) => byForward({ ...world.concepts[1]!, start }, [...test, token]));
        return weights.indexOf(Math.max(...weights));
      });
      expect(labels).toContain(label);
    }
  });

  it("document() follows the transitions of a concept that it may use, and comes again from the same key", () => {
    const document = world.document(key(5), { length: 60, among: [2] });
    expect(document).toEqual(world.document(key(5), { length: 60, among: [2] }));
    expect(byForward(world.concepts[2]!, document.slice(0, 40))).toBeGreaterThan(0);
    expect(() => world.prompt(key(0), { concept: 9, shots: 1, k: 3 })).toThrow("below 3, got 9");
    expect(() => world.prompt(key(0), { concept: 0, shots: 1, k: 1 })).toThrow("got 1 of 1");
    expect(() => ginc({ values: 1 })).toThrow("at least 2 values, got 1");
  });
});

it("ginc() with a spread leaves no transition out, and its rows still sum to one", () => {
  const least = (spread: number): number => {
    const rows = ginc({ key: key(5), values: 4, slots: 4, vocabulary: 9, concepts: 1, spread }).concepts[0]!.transitions;
    for (const row of rows) expect(row.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 12);
    return Math.min(...rows.flat());
  };
  expect(least(0)).toBe(0);
  // A slot's share of a block is at least spread/4; a value's, where it is not to stay, (1 − 0.9) spread/4.
  expect(least(0.4)).toBeGreaterThanOrEqual(0.1 * 0.01 - 1e-12);
  expect(() => ginc({ spread: 1.1 })).toThrow("a spread in [0, 1], got 1.1");
});

/** p(o₁ … o_T) by matrix products, without normalising. */
function byForward({ start, transitions, emissions }: HiddenMarkov, sequence: Sequence): number {
  let ahead = start.map((x, h) => x * emissions[h]![sequence[0]!]!);
  for (const token of sequence.slice(1)) ahead = ahead.map((_, to) => ahead.reduce((sum, x, h) => sum + x * transitions[h]![to]!, 0) * emissions[to]![token]!);
  return ahead.reduce((x, y) => x + y, 0);
}
