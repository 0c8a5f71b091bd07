import { describe, expect, it } from "vitest";
import { hostWords, key, type HostKey } from "./key.ts";
import { philox, philoxBlock } from "./philox.ts";

type Four = readonly [number, number, number, number];
const PI = { counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], key: [0xa4093822, 0x299f31d0] } as const;

/** Golden: the three vectors of `philox4x32 10` in `tests/kat_vectors` of Random123 1.14 (D. E. Shaw Research, BSD). */
const vectors: readonly { name: string; counter: Four; key: readonly [number, number]; words: Four }[] = [
  { name: "zeros", counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    name: "ones",
    counter: [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1],
    key: [2 ** 32 - 1, 2 ** 32 - 1],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  { name: "the digits of π", ...PI, words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1] },
];

describe("philoxBlock()", () => {
  for (const { name, counter, key, words } of vectors) {
    it(`philoxBlock() gives the published words for ${name}`, () => {
      expect(philoxBlock(counter, key)).toEqual(words);
    });
  }

  it("philoxBlock() multiplies as whole numbers of 64 bits do", () => {
    const [m0, m1] = [0xd2511f53n, 0xcd9e8d57n];
    const mask = 0xffffffffn;
    const exact = (counter: Four, [low, high]: readonly [number, number]): number[] => {
      let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
      let [k0, k1] = [BigInt(low), BigInt(high)];
      for (let round = 0; round < 10; round++) {
        const [p0, p1] = [m0 * a, m1 * c];
        [a, b, c, d] = [(p1 >> 32n) ^ b ^ k0, p1 & mask, (p0 >> 32n) ^ d ^ k1, p0 & mask];
        [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
      }
      return [a, b, c, d].map(Number);
    };
    const source = hostWords(key(3) as HostKey, 6 * 500, 0);
    for (let i = 0; i < 500; i++) {
      const [a, b, c, d, low, high] = source.subarray(6 * i, 6 * i + 6) as unknown as [number, number, number, number, number, number];
      expect(philoxBlock([a, b, c, d], [low, high])).toEqual(exact([a, b, c, d], [low, high]));
    }
  });
});

describe("philox()", () => {
  it("philox() fills an array with the blocks of a rising counter, the last one cut", () => {
    for (const n of [0, 1, 4, 7, 4096 + 3]) {
      const out = new Uint32Array(n);
      philox(PI.key[0], PI.key[1], 2, out);
      const blocks = Array.from({ length: Math.ceil(n / 4) }, (_, i) => philoxBlock([i, 0, 0, 2], PI.key)).flat();
      expect([...out]).toEqual(blocks.slice(0, n));
    }
  });

  it("philox() of key 0 begins with the published words", () => {
    expect([...hostWords(key(0) as HostKey, 4, 0)]).toEqual(vectors[0]!.words);
  });
});
