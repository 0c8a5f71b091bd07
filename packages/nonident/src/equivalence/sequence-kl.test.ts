import { logProbs, tabular, type Autoregressive, type Sequence, type Tabular } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { aNbN } from "../language/a-n-b-n.ts";
import { sequenceKl } from "./sequence-kl.ts";

const [a, b, end] = [0, 1, 2];
const options = { vocabulary: 3, end };
type Weighted = readonly (readonly [Sequence, number])[];
const of = (sequences: Weighted, elsewhere?: (prefix: Sequence) => number[]): Tabular =>
  tabular(sequences, elsewhere === undefined ? options : { ...options, elsewhere });

/** From the joint probabilities: Σ p ln p/q over whole sequences. */
function joint(p: Weighted, q: Weighted): number {
  return p.reduce(
    (sum, [sequence, weight]) => sum + (weight === 0 ? 0 : weight * Math.log(weight / (q.find(([other]) => other.join() === sequence.join())?.[1] ?? 0))),
    0,
  );
}

const uniform = (largest: number): Weighted => aNbN({ largest }).sequences.map((sequence) => [sequence, 1 / largest]);

describe("sequenceKl()", () => {
  it("sequenceKl() is the divergence of the joint distributions, in the direction asked for", async () => {
    const p: Weighted = [
      [[a], 0.5],
      [[b], 0.3],
      [[a, b], 0.2],
    ];
    const q: Weighted = [
      [[a], 0.4],
      [[b], 0.4],
      [[a, b], 0.2],
    ];
    // Of (.5, .3, .2) and (.4, .4, .2), computed apart.
    expect((await sequenceKl([of(p), of(q)], { end, longest: 3 })).value).toBeCloseTo(0.0252671539, 9);
    expect((await sequenceKl([of(q), of(p)], { end, longest: 3 })).value).toBeCloseTo(0.0258154085, 9);
    expect(joint(p, q)).toBeCloseTo(0.0252671539, 9);
  });

  it("sequenceKl() of aⁿbⁿ to itself is zero, over every prefix once", async () => {
    const model = of(uniform(128));
    const { value, unfinished, prefixes } = await sequenceKl([model, model], { end, longest: 257 });
    expect([value, unfinished]).toEqual([0, 0]);
    // The empty prefix, 128 of a's, and n of aⁿb…b for each n.
    expect(prefixes).toBe(1 + 128 + (128 * 129) / 2);
  });

  it("the conditionals of uniform aⁿbⁿ are 1/(129 − k) after aᵏ, and their entropies add up to ln 128", async () => {
    const model = of(uniform(128));
    for (const k of [1, 64, 127]) expect(Math.exp(model.logProbs(new Array<number>(k).fill(a))[b]!)).toBeCloseTo(1 / (129 - k), 12);
    // KL to the uniform choice of a, b or end at each of 2n + 1 symbols: ln 3 E(2n + 1) − H.
    const blind: Autoregressive = { vocabulary: 3, logProbs: () => logProbs([0, 0, 0]) };
    const { value } = await sequenceKl([model, blind], { end, longest: 257 });
    expect(130 * Math.log(3) - value).toBeCloseTo(Math.log(128), 9);
  });

  it("sequenceKl() is zero between models that differ wherever the likelihood says nothing", async () => {
    const p = of(uniform(4), () => [1, 0, 0]);
    const q = of(uniform(4), () => [0, 0, 1]);
    expect(await sequenceKl([p, q], { end, longest: 9 })).toMatchObject({ value: 0, unfinished: 0 });
    expect(p.logProbs([b])).not.toEqual(q.logProbs([b]));
  });

  for (const epsilon of [0.1, 0.01, 0.001]) {
    it(`sequenceKl() to a mixture that leaks ${epsilon} is −ln(1 − ${epsilon}), and +∞ the other way`, async () => {
      const p = uniform(4);
      const leak: Weighted = [...p.map(([s, weight]) => [s, (1 - epsilon) * weight] as const), [[b, a, b], epsilon]];
      expect((await sequenceKl([of(p), of(leak)], { end, longest: 9 })).value).toBeCloseTo(-Math.log(1 - epsilon), 12);
      expect((await sequenceKl([of(leak), of(p, () => [1, 1, 1])], { end, longest: 9 })).value).toBe(Infinity);
    });
  }

  it("sequenceKl() counts a leak at every prefix: {ab, aabb} against 0.9 of it and aab is −ln 0.9", async () => {
    const p: Weighted = [
      [[a, b], 0.5],
      [[a, a, b, b], 0.5],
    ];
    const q: Weighted = [
      [[a, b], 0.45],
      [[a, a, b, b], 0.45],
      [[a, a, b], 0.1],
    ];
    expect((await sequenceKl([of(p), of(q)], { end, longest: 5 })).value).toBeCloseTo(-Math.log(0.9), 12);
  });

  it("sequenceKl() of infinitely many strings approaches the closed form from below, and says what it left out", async () => {
    // S → aSb with probability r, ab otherwise: P(n) = (1 − r) rⁿ⁻¹.
    const geometric = (r: number): Autoregressive => ({
      vocabulary: 3,
      logProbs(prefix) {
        const [k, l] = [prefix.filter((t) => t === a).length, prefix.filter((t) => t === b).length];
        return logProbs((k === 0 ? [1, 0, 0] : l === 0 ? [r, 1 - r, 0] : l < k ? [0, 1, 0] : [0, 0, 1]).map(Math.log));
      },
    });
    const exact = 0.0408219945;
    let before = 0;
    for (const longest of [3, 9, 21, 81]) {
      const { value, unfinished } = await sequenceKl([geometric(0.5), geometric(0.6)], { end, longest });
      expect(value).toBeGreaterThanOrEqual(before);
      expect(value).toBeLessThanOrEqual(exact + 1e-10);
      // Sequences of n > (longest − 1)/2 are cut.
      expect(unfinished).toBeCloseTo(0.5 ** ((longest - 1) / 2), 12);
      before = value;
    }
    expect(before).toBeCloseTo(exact, 9);
  });

  it("sequenceKl() asks models that answer later", async () => {
    const p = of(uniform(2));
    const slow: Autoregressive = { vocabulary: 3, logProbs: (prefix) => Promise.resolve(p.logProbs(prefix)) };
    expect((await sequenceKl([slow, p], { end, longest: 5 })).value).toBe(0);
  });

  it("sequenceKl() refuses models that cannot be compared, and a cut before the first token", async () => {
    const [p, other] = [of(uniform(2)), tabular([[[a], 1]], { vocabulary: 4, end: 3 })];
    await expect(sequenceKl([p, other], { end, longest: 3 })).rejects.toThrow("expected one vocabulary, got 3 and 4");
    await expect(sequenceKl([p, p], { end: 3, longest: 3 })).rejects.toThrow("expected an end symbol in a vocabulary of 3, got 3");
    for (const longest of [0, 1.5, NaN]) await expect(sequenceKl([p, p], { end, longest })).rejects.toThrow(`at least 1 token, got ${longest}`);
  });
});
