import { expect, test } from "vitest";
import { agreement } from "./agreement.ts";

const tolerance = { relative: 0.01, absolute: 0 };
const ours = { loss: [2], norms: [1, 10] };

test("agreement() is the largest difference as a share of what is tolerated", () => {
  expect(agreement("them", { loss: [2], norms: [1, 10.05] }, ours, tolerance)).toBeCloseTo(0.5, 10);
  expect(agreement("them", ours, ours, tolerance)).toBe(0);
});

test("agreement() refuses a number outside the tolerance and names it", () => {
  expect(() => agreement("them", { loss: [2.03], norms: [1, 10] }, ours, tolerance)).toThrow(
    'Cannot compare them with ours: expected "loss" [0] within 0.01 relative and 0 absolute of 2, got 2.03',
  );
});

test("agreement() refuses NaN on either side", () => {
  expect(() => agreement("them", { loss: [Number.NaN], norms: [1, 10] }, ours, tolerance)).toThrow("got NaN");
  expect(() => agreement("them", ours, { loss: [Number.NaN], norms: [1, 10] }, tolerance)).toThrow("of NaN");
});

test("agreement() refuses values that lack, and lists of another length", () => {
  expect(() => agreement("them", { loss: [2] }, ours, tolerance)).toThrow("expected the values loss, norms, got loss");
  expect(() => agreement("them", { loss: [2], norms: [1] }, ours, tolerance)).toThrow('expected 2 numbers of "norms", got 1');
});
