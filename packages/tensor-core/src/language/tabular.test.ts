import { describe, expect, it } from "vitest";
import { logProbs } from "./autoregressive.ts";
import { tabular } from "./tabular.ts";

const [a, b, end] = [0, 1, 2];
const probabilities = (row: Float64Array): number[] => [...row].map(Math.exp);

describe("logProbs()", () => {
  it("logProbs() sum to one, whatever the size of the logits, and −∞ is probability zero", () => {
    for (const logits of [
      [0, 0, 0],
      [1000, 999, -1000],
      [-1e4, -1e4 + 1],
      [0, -Infinity],
    ])
      expect(probabilities(logProbs(logits)).reduce((s, p) => s + p, 0)).toBeCloseTo(1, 12);
    expect([...logProbs([0, -Infinity])]).toEqual([0, -Infinity]);
  });

  it("logProbs() refuses nothing, NaN, and no finite logit", () => {
    for (const logits of [[], [NaN, 0], [-Infinity, -Infinity], [Infinity, 0]])
      expect(() => logProbs(logits)).toThrow("Cannot normalise logits: expected a finite largest one");
  });
});

describe("tabular()", () => {
  const model = tabular(
    [
      [[a, b], 0.5],
      [[a, a, b], 0.25],
      [[], 0.25],
    ],
    { vocabulary: 3, end },
  );

  it("tabular() has the conditionals of its sequences, the end symbol among them", () => {
    expect(probabilities(model.logProbs([]))).toEqual([0.75, 0, 0.25].map((p) => expect.closeTo(p, 12)));
    expect(probabilities(model.logProbs([a]))).toEqual([1 / 3, 2 / 3, 0].map((p) => expect.closeTo(p, 12)));
    expect(probabilities(model.logProbs([a, b]))).toEqual([0, 0, 1]);
  });

  it("tabular() is uniform where its distribution says nothing, or what it is told", () => {
    expect(probabilities(model.logProbs([b, b]))).toEqual([1, 1, 1].map((p) => expect.closeTo(p / 3, 12)));
    const told = tabular(
      [
        [[a], 1],
        [[b], 0],
      ],
      { vocabulary: 3, end, elsewhere: (prefix) => (prefix.length === 1 ? [0, 0, 7] : [1, 0, 0]) },
    );
    expect(probabilities(told.logProbs([b]))).toEqual([0, 0, 1]);
    expect(probabilities(told.logProbs([b, b]))).toEqual([1, 0, 0]);
  });

  it("tabular() refuses what is no distribution over sequences of its vocabulary", () => {
    const of = (sequence: number[], probability: number) => () => tabular([[sequence, probability]], { vocabulary: 3, end });
    expect(of([a], 0.5)).toThrow("expected probabilities that sum to 1, got 0.5");
    expect(of([a], -1)).toThrow("expected probabilities of at least 0, got -1");
    expect(of([a], NaN)).toThrow("got NaN");
    for (const token of [3, -1, 0.5, end]) expect(of([a, token], 1)).toThrow(`expected tokens below 3 other than the end symbol 2, got ${token}`);
    expect(() => tabular([[[a], 1]], { vocabulary: 2, end })).toThrow("expected an end symbol in a vocabulary of 2, got 2");
  });
});
