import { scalar, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { uniform } from "./draw.ts";
import { hostWords, isHostKey, key, keyOf, type HostKey, type Key } from "./key.ts";
import { foldIn, split } from "./split.ts";

await engine();

const words = (k: Key): number[] => (isHostKey(k) ? [...k.words] : Array.from((k.words as Tensor1D).dataSync(), (word) => word >>> 0));
/** The same key as a tensor, as it is inside a traced function. */
const asTensor = (k: Key): Key => keyOf(tensor1d(Int32Array.from((k as HostKey).words), "int32"));
const seeds = [0, 1, 0xffffffff, 2 ** 52 + 12345];

describe("split()", () => {
  it("split() gives two keys, or as many as asked for, and the first ones do not depend on how many", () => {
    expect(split(key(1))).toHaveLength(2);
    expect(split(key(1), 1).map(words)).toEqual(split(key(1), 5).slice(0, 1).map(words));
    expect(split(key(1), 7).slice(0, 3)).toEqual(split(key(1), 3));
  });

  it("split() of a key that is a tensor gives the same keys", () => {
    for (const seed of seeds) expect(scoped(() => split(asTensor(key(seed)), 5).map(words))).toEqual(split(key(seed), 5).map(words));
  });

  it("split() gives other keys than any draw, fold or other key does", () => {
    const seen = new Set<string>();
    const note = (k: Key) => seen.add(words(k).join());
    for (let seed = 0; seed < 50; seed++) {
      split(key(seed), 50).forEach(note);
      for (let i = 0; i < 50; i++) note(foldIn(key(seed), i));
      const drawn = hostWords(key(seed) as HostKey, 100, 0);
      for (let i = 0; i < 50; i++) note(keyOf([drawn[2 * i]!, drawn[2 * i + 1]!]));
    }
    expect(seen.size).toBe(50 * 150);
  });

  it("split() refuses a number of keys that is none", () => {
    for (const n of [0, -1, 1.5, NaN]) expect(() => split(key(0), n)).toThrow(`whole number of keys of at least 1, got ${n}`);
  });
});

describe("foldIn()", () => {
  it("foldIn() by an int32 scalar, or of a key that is a tensor, gives the same key", () => {
    for (const seed of seeds) {
      for (const data of [0, 1, 2 ** 31 - 1]) {
        const expected = words(foldIn(key(seed), data));
        scoped(() => {
          expect(words(foldIn(key(seed), scalar(data, "int32")))).toEqual(expected);
          expect(words(foldIn(asTensor(key(seed)), data))).toEqual(expected);
          expect(words(foldIn(asTensor(key(seed)), scalar(data, "int32")))).toEqual(expected);
        });
      }
    }
  });

  it("foldIn() takes numbers up to 2³² − 1, and refuses others", () => {
    expect(scoped(() => words(foldIn(asTensor(key(1)), 2 ** 32 - 1)))).toEqual(words(foldIn(key(1), 2 ** 32 - 1)));
    for (const data of [-1, 0.5, 2 ** 32, NaN]) expect(() => foldIn(key(0), data)).toThrow(`whole number in [0, 2^32), got ${data}`);
  });
});

describe("keys in jit", () => {
  const children = (k: Key, i: Scalar): Tensor1D[] => {
    const [left, right] = split(k);
    return [left, right, foldIn(k, 3), foldIn(k, i), foldIn(right, i), ...split(left, 3)].map(({ words }) => words as Tensor1D);
  };

  it("split() and foldIn() inside jit equal those outside, for the key of each call", () => {
    for (const xla of [true, false]) {
      using inside = jit((k: Key, i: Scalar) => children(asTensorInside(k), i), { xla });
      noLeaks(() =>
        scoped(() => {
          for (const seed of seeds) {
            for (const i of [0, 41]) {
              const [left, right] = split(key(seed));
              const expected = [left, right, foldIn(key(seed), 3), foldIn(key(seed), i), foldIn(right, i), ...split(left, 3)].map(words);
              expect(inside(key(seed), scalar(i, "int32")).map((x) => words(keyOf(x)))).toEqual(expected);
            }
          }
        }),
      );
      expect(inside.traces).toBeLessThanOrEqual(1);
    }
  });

  it("a draw inside jit follows the key of the call, without a new trace", () => {
    using draw = jit((k: Key) => uniform(k, [8]));
    scoped(() => {
      for (const seed of seeds) expect(draw(key(seed)).dataSync()).toEqual(uniform(key(seed), [8]).dataSync());
    });
    expect(draw.traces).toBeLessThanOrEqual(1);
  });
});

/** Where there are no graphs, a key stays numbers inside too. */
function asTensorInside(k: Key): Key {
  return isHostKey(k) ? asTensor(k) : k;
}
