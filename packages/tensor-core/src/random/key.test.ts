import { expect, it } from "vitest";
import { isHostKey, isKey, key, keyOf } from "./key.ts";

it("key() takes its seed apart into two words", () => {
  expect(key(7).words).toEqual([7, 0]);
  expect(key(2 ** 32 + 5).words).toEqual([5, 1]);
  expect(key(Number.MAX_SAFE_INTEGER).words).toEqual([2 ** 32 - 1, 2 ** 21 - 1]);
});

it("key() refuses what is no whole number in [0, 2⁵³)", () => {
  for (const seed of [-1, 0.5, 2 ** 53, NaN, Infinity])
    expect(() => key(seed)).toThrow(new RangeError(`Cannot seed a key: expected a whole number in [0, 2^53), got ${seed}`));
});

it("a key is a value: frozen, and equal to another of the same seed", () => {
  expect(key(3)).toEqual(key(3));
  expect(Object.isFrozen(key(3)) && Object.isFrozen(key(3).words)).toBe(true);
});

it("keyOf() wraps words into 32 bits", () => {
  expect(keyOf([-1, 2 ** 32 + 1]).words).toEqual([2 ** 32 - 1, 1]);
});

it("isKey() tells keys from other records, isHostKey() from tensors", () => {
  expect(isKey(key(1))).toBe(true);
  expect(isHostKey(key(1))).toBe(true);
  for (const other of [null, undefined, 1, "key", {}, { kind: "key" }, { words: [1, 2] }]) expect(isKey(other)).toBe(false);
});
