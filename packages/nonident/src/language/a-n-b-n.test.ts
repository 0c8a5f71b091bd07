import { foldIn, key } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { aNbN } from "./a-n-b-n.ts";

/** All strings over {a, b, c} of up to so many symbols. */
function* strings(longest: number): Generator<number[]> {
  let layer: number[][] = [[]];
  for (let length = 0; length <= longest; length++) {
    yield* layer;
    layer = layer.flatMap((s) => [0, 1, 2].map((token) => [...s, token]));
  }
}

describe("aNbN()", () => {
  const language = aNbN({ largest: 3 });
  const members = new Set(["0,1", "0,0,1,1", "0,0,0,1,1,1"]);

  it("aNbN() contains aⁿbⁿ for 1 ≤ n ≤ largest, and no other string", () => {
    for (const s of strings(8)) expect(language.contains(s), s.join("")).toBe(members.has(s.join()));
    expect(language.sequences.map((s) => s.join())).toEqual([...members]);
  });

  it("aNbN() finds a prefix viable exactly where some member starts so", () => {
    for (const s of strings(7))
      expect(language.viable(s), s.join("")).toBe([...members].some((member) => member === s.join() || s.length === 0 || member.startsWith(`${s.join()},`)));
  });

  it("aNbN() has 128 strings unless told, of which 5 of the 256 prompts of length 8 are prefixes", () => {
    const whole = aNbN();
    expect(whole.sequences).toHaveLength(128);
    const prompts = Array.from({ length: 256 }, (_, i) => Array.from({ length: 8 }, (__, bit) => (i >> bit) & 1));
    expect(prompts.filter((prompt) => whole.viable(prompt))).toHaveLength(5);
  });

  it("aNbN() samples its members equally often, the same ones from the same key", () => {
    const draws = 6000;
    const seen = [0, 0, 0];
    for (let i = 0; i < draws; i++) seen[language.sample(foldIn(key(1), i)).length / 2 - 1]! += 1;
    for (const count of seen) expect(Math.abs(count / draws - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / draws));
    expect(language.sample(key(7))).toEqual(language.sample(key(7)));
  });

  it("aNbN() refuses a largest n that is none", () => {
    for (const largest of [0, -1, 1.5, NaN]) expect(() => aNbN({ largest })).toThrow(`expected a largest n of at least 1, got ${largest}`);
  });
});
