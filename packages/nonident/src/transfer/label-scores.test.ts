import { expect, it } from "vitest";
import { leep, nce } from "./label-scores.ts";

const examples = {
  labels: [0, 0, 1],
  source: [
    [0.8, 0.2, 0],
    [0.6, 0.4, 0],
    [0.1, 0.9, 0],
  ],
};

it("leep() is its definition by hand, with a class that never occurs", () => {
  const [first, second] = [1.4 / 1.5, 0.6 / 1.5];
  const terms = [first * 0.8 + second * 0.2, first * 0.6 + second * 0.4, (1 - first) * 0.1 + (1 - second) * 0.9];
  expect(leep(examples)).toBeCloseTo(terms.reduce((sum, x) => sum + Math.log(x), 0) / 3, 12);
});

it("nce() is minus the conditional entropy of labels given the likeliest class", () => {
  expect(nce(examples)).toBeCloseTo(0, 12);
  expect(nce({ labels: [0, 1, 1], source: examples.source })).toBeCloseTo((2 * Math.log(0.5)) / 3, 12);
});

it("leep() refuses rows that are no probabilities, and none at all", () => {
  expect(() => leep({ labels: [0], source: [[0.5, 0.6]] })).toThrow("sum to 1");
  expect(() => leep({ labels: [], source: [] })).toThrow("one at least");
});
