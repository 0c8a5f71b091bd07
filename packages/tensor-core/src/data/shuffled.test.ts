import { tensor1d } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { expect, test } from "vitest";
import { key, keyOf } from "../random/key.ts";
import { shuffled } from "./shuffled.ts";

test("shuffled() puts every index into every place equally often", () => {
  const [n, draws] = [5, 20_000];
  const counts = new Float64Array(n * n);
  for (let seed = 0; seed < draws; seed++) shuffled(key(seed), n).forEach((index, place) => counts[place * n + index]!++);
  const expected = draws / n;
  // Each count is binomial(draws, 1/n): within 5 standard errors.
  const bound = 5 * Math.sqrt(expected * (1 - 1 / n));
  for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(bound);
});

test("shuffled() makes all 24 orders of 4 equally likely", () => {
  const draws = 24_000;
  const counts = new Map<string, number>();
  for (let seed = 0; seed < draws; seed++) {
    const order = shuffled(key(seed), 4).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  const bound = 5 * Math.sqrt(1000 * (1 - 1 / 24));
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(bound);
});

test("shuffled() of one index, and of none, is that", () => {
  expect([...shuffled(key(0), 1)]).toEqual([0]);
  expect([...shuffled(key(0), 0)]).toEqual([]);
});

test("shuffled() refuses a key that has no numbers yet", () => {
  expect(() => shuffled(keyOf(tensor1d([1, 2], "int32")), 3)).toThrow("Cannot shuffle on the host: expected a key of numbers, got a traced one");
});
