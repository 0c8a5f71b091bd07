import { expect, test } from "vitest";
import { ratio, spread } from "./spread.ts";

test("spread() is the median and the quartiles, between neighbours by a line", () => {
  expect(spread([4, 1, 3, 2, 5])).toEqual({ median: 3, low: 2, high: 4 });
  expect(spread([1, 2])).toEqual({ median: 1.5, low: 1.25, high: 1.75 });
  expect(spread([7])).toEqual({ median: 7, low: 7, high: 7 });
});

test("spread() refuses no times and NaN", () => {
  expect(() => spread([])).toThrow(new RangeError("Cannot summarise times: expected finite numbers, got none"));
  expect(() => spread([1, Number.NaN])).toThrow(new RangeError("Cannot summarise times: expected finite numbers, got NaN"));
});

test("ratio() is theirs over ours, round by round: a round that was slow for both counts for neither", () => {
  expect(ratio([2, 20, 2], [1, 10, 1])).toEqual({ median: 2, low: 2, high: 2 });
  expect(() => ratio([1, 2], [1])).toThrow("expected as many rounds of both, got 2 and 1");
});
