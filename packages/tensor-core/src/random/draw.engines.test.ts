import { tensor1d, tensor2d, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { bernoulli, categorical, normal, normalLike, permutation, rademacher, truncatedNormal, uniform } from "./draw.ts";
import { hostWords, key, keyOf, type HostKey, type Key } from "./key.ts";
import { words } from "./words.ts";

await engine();

/** A key that the engine's own generator draws from, however few numbers. */
const asTensor = (k: Key): Key => keyOf(tensor1d(Int32Array.from((k as HostKey).words), "int32"));
const seeds = [0, 1, 7, 0xffffffff, 2 ** 45 + 77];
const sizes = [1, 3, 1023, 1025, 5001];

/** Units in the last place between two floats: the distance of their bit patterns, ordered like the numbers. */
function units(x: number, y: number): number {
  const ordered = (value: number): number => {
    const [bits] = new Int32Array(Float32Array.of(value).buffer);
    return bits! < 0 ? -(bits! & 0x7fffffff) : bits!;
  };
  return Math.abs(ordered(x) - ordered(y));
}

function furthest(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  expect(xs.length).toBe(ys.length);
  let most = 0;
  for (let i = 0; i < xs.length; i++) most = Math.max(most, units(xs[i]!, ys[i]!));
  return most;
}

describe("the same numbers everywhere", () => {
  it("words() are those of the host, bit for bit, in and out of jit", () => {
    using compiled = jit((k: Key, n: number) => words(k, n), { xla: false });
    using optimised = jit((k: Key, n: number) => words(k, n));
    scoped(() => {
      for (const seed of seeds) {
        for (const n of sizes) {
          const expected = [...new Int32Array(hostWords(key(seed) as HostKey, n, 0).buffer)];
          for (const draw of [words, compiled, optimised]) expect([...draw(key(seed), n).dataSync()]).toEqual(expected);
          expect([...words(asTensor(key(seed)), n).dataSync()]).toEqual(expected);
        }
      }
    });
  });

  it("uniform() is k/2²⁴ of a word's low 24 bits, bit for bit, in and out of jit", () => {
    using inside = jit((k: Key, n: number) => uniform(k, [n]));
    scoped(() => {
      for (const seed of seeds) {
        for (const n of sizes) {
          const expected = Float32Array.from(hostWords(key(seed) as HostKey, n, 0), (word) => (word % 2 ** 24) / 2 ** 24);
          for (const u of [uniform(key(seed), [n]), uniform(asTensor(key(seed)), [n]), inside(key(seed), n)]) expect(u.dataSync()).toEqual(expected);
        }
      }
    });
  });

  it("uniform() of key 0 begins with the published words of Philox", () => {
    const [first] = uniform(key(0), [4]).dataSync();
    expect(first).toBe((0x6627e8d5 % 2 ** 24) / 2 ** 24);
  });

  it("normal() differs by at most 4 units in the last place, near zero too, in and out of jit", () => {
    using inside = jit((k: Key, n: number) => normal(k, [n]));
    using plain = jit((k: Key, n: number) => normal(k, [n]), { xla: false });
    scoped(() => {
      for (const n of [1000, 1023]) {
        for (let seed = 0; seed < 20; seed++) {
          const expected = normal(key(seed), [n]).dataSync();
          for (const z of [normal(asTensor(key(seed)), [n]), inside(key(seed), n), plain(key(seed), n)])
            expect(furthest(z.dataSync(), expected)).toBeLessThanOrEqual(4);
        }
      }
    });
  });

  it("normal() of many numbers is that of Box and Muller in float64, within 4 units", () => {
    const n = 70_001;
    const half = Math.ceil(n / 2);
    const source = hostWords(key(11) as HostKey, 2 * half, 0);
    const expected = new Float32Array(n);
    for (let i = 0; i < half; i++) {
      const radius = Math.sqrt(-2 * Math.log(((source[i]! % 2 ** 23) + 0.5) / 2 ** 23));
      const second = source[half + i]!;
      const angle = (((second % 2 ** 24) - 2 ** 23 + 0.5) / 2 ** 24) * (Math.PI / 2);
      const pair = [(second >= 2 ** 31 ? -1 : 1) * radius * Math.cos(angle), radius * Math.sin(angle)];
      if (Math.floor(second / 2 ** 24) % 2 === 1) pair.reverse();
      expected[i] = pair[0]!;
      if (half + i < n) expected[half + i] = pair[1]!;
    }
    const actual = scoped(() => normal(key(11), [n]).dataSync());
    expect(furthest(actual, expected)).toBeLessThanOrEqual(4);
  });

  const others: { readonly [name: string]: (k: Key) => Tensor } = {
    "bernoulli()": (k) => bernoulli(k, 0.3, [500]),
    "categorical()": (k) => categorical(k, zeros([300, 5])),
    "permutation()": (k) => permutation(k, 500),
    "rademacher()": (k) => rademacher(k, [500]),
    "uniform() of a range": (k) => uniform(k, [500], { min: -3, max: 5 }),
  };
  for (const [name, draw] of Object.entries(others)) {
    it(`${name} draws the same inside jit and out`, () => {
      using inside = jit(draw);
      scoped(() => {
        for (const seed of seeds) expect(inside(key(seed)).dataSync()).toEqual(draw(key(seed)).dataSync());
      });
    });
  }

  it("truncatedNormal() inside jit is within rounding of the one outside", () => {
    using inside = jit((k: Key) => truncatedNormal(k, [1000]));
    scoped(() => {
      const [xs, ys] = [inside(key(5)).dataSync(), truncatedNormal(key(5), [1000]).dataSync()];
      // A rounding of 1 − x² before the logarithm grows by at most dz/dx · x/(2(1 − x²)) < 30 within two standard deviations: 30 units of 2⁻²⁴.
      ys.forEach((y, i) => expect(Math.abs(xs[i]! - y)).toBeLessThan(30 * 2 ** -23));
    });
  });
});

describe("shapes and dtypes", () => {
  it("draws have the shapes asked for, scalars by default, and leak nothing", () => {
    noLeaks(() =>
      scoped(() => {
        expect([uniform(key(0)), normal(key(0)), rademacher(key(0)), truncatedNormal(key(0)), bernoulli(key(0), 0.5)].map(({ shape }) => shape)).toEqual([
          [],
          [],
          [],
          [],
          [],
        ]);
        expect(normal(key(0), [2, 0, 3]).shape).toEqual([2, 0, 3]);
        expect(uniform(key(0), [2, 3, 4]).shape).toEqual([2, 3, 4]);
        expect(categorical(key(0), zeros([2, 3, 4])).shape).toEqual([2, 3]);
        expect([bernoulli(key(0), 0.5).dtype, categorical(key(0), zeros([2])).dtype, permutation(key(0), 3).dtype]).toEqual(["bool", "int32", "int32"]);
      }),
    );
  });

  it("bernoulli() broadcasts a tensor of probabilities", () => {
    scoped(() => {
      expect([...bernoulli(key(0), tensor2d([[0], [1]]), [2, 3]).dataSync()]).toEqual([0, 0, 0, 1, 1, 1]);
      expect([...bernoulli(key(0), tensor1d([1, 0])).dataSync()]).toEqual([1, 0]);
    });
  });

  it("normalLike() draws each tensor from a key of its own, and keeps what is no tensor", () => {
    scoped(() => {
      const drawn = normalLike(key(2), { a: zeros([4]), b: [zeros([4])], name: "w" });
      expect(drawn.name).toBe("w");
      expect(drawn.a.dataSync()).not.toEqual(drawn.b[0]!.dataSync());
      expect(normalLike(key(2), { none: 1 })).toEqual({ none: 1 });
    });
  });

  it("permutation() is a permutation", () => {
    for (const n of [1, 2, 17, 3000]) expect([...permutation(key(n), n).dataSync()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  it("draws stay where they must: uniforms in [min, max), truncated normals in [low, high]", () => {
    scoped(() => {
      const u = uniform(key(0), [100_000]).dataSync();
      expect(Math.max(...u.subarray(0, 50_000))).toBeLessThan(1);
      expect(u.every((x) => x >= 0 && x < 1)).toBe(true);
      expect(
        truncatedNormal(key(0), [100_000], { low: -0.5, high: 3 })
          .dataSync()
          .every((x) => x >= -0.5 && x <= 3),
      ).toBe(true);
      expect(
        rademacher(key(0), [1000])
          .dataSync()
          .every((x) => x === 1 || x === -1),
      ).toBe(true);
      expect(
        normal(key(0), [200_000])
          .dataSync()
          .every((x) => Math.abs(x) < 5.77),
      ).toBe(true);
    });
  });
});

describe("what cannot be drawn", () => {
  const refused: readonly [string, () => unknown, RegExp][] = [
    ["a negative size", () => uniform(key(0), [2, -1]), /expected a shape of whole numbers, got \[2, -1\]/],
    ["a broken size", () => normal(key(0), [1.5]), /expected a shape of whole numbers, got \[1\.5\]/],
    ["a range upside down", () => uniform(key(0), [], { min: 1, max: 0 }), /expected min ≤ max, got 1 and 0/],
    ["a probability above one", () => bernoulli(key(0), 1.2), /expected a probability in \[0, 1\], got 1\.2/],
    ["a probability that is NaN", () => bernoulli(key(0), NaN), /got NaN/],
    ["logits without classes", () => categorical(key(0), zeros([])), /got a scalar/],
    ["an empty permutation", () => permutation(key(0), 0), /at least 1, got 0/],
    ["a truncation beyond float32", () => truncatedNormal(key(0), [], { high: 5 }), /expected -4 ≤ low < high ≤ 4, got -2 and 5/],
    ["an empty truncation", () => truncatedNormal(key(0), [], { low: 1, high: 1 }), /got 1 and 1/],
  ];
  for (const [name, draw, message] of refused) {
    it(`a draw refuses ${name}`, () => {
      expect(draw).toThrow(RangeError);
      expect(draw).toThrow(message);
    });
  }
});
