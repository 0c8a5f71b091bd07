import { reshape, slice, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, logProbs, own, readSync, scoped, split, type Autoregressive, type Sequence } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { postNormEnsemble, type EnsembleParams } from "../ensemble/post-norm-ensemble.ts";
import { tokenKl } from "../equivalence/compared.ts";
import { enumeratedLogProbs } from "./enumerated-log-probs.ts";
import { networkLogRatios, type NetworkLogProbs } from "./network-log-ratios.ts";

await engine();

const [START, END] = [2, 3];
const ensemble = postNormEnsemble({ vocabulary: 4, context: 8, channels: 6, heads: 3, hidden: 7, layers: 2 });
const one = (seed: number): EnsembleParams => ensemble.init(split(key(seed), 1));
const network =
  (params: EnsembleParams): NetworkLogProbs =>
  (tokens) =>
    reshape(ensemble.logProbs(params, tokens), [...tokens.shape, 4]);
/** The generic path: a forward pass for each prefix. */
const model = (params: EnsembleParams): Autoregressive => ({
  vocabulary: 4,
  logProbs: (prefix) =>
    scoped(() => {
      const tokens = tensor2d([[START, ...prefix]], [1, prefix.length + 1], "int32");
      return logProbs([...readSync(slice(ensemble.logProbs(params, tokens), [0, 0, prefix.length, 0], [1, 1, 1, 4])).data]);
    }),
});

it("networkLogRatios() are the sums that go prefix by prefix, up to the end symbol", async () => {
  await noLeaks(async () => {
    using params = own(() => ({ p: one(1), q: one(2) }));
    const rows = [
      [START, 0, 1, END, 0, 0],
      [START, 1, 1, 0, 0, 1],
      [START, END, 1, END, 0, 0],
    ];
    using given = own(() => ({ rows: tensor2d(rows, [3, 6], "int32") as Tensor2D }));
    // Two rows at once: the last batch is a shorter one.
    const found = await networkLogRatios([network(params.value.p), network(params.value.q)], given.value.rows, { end: END, atOnce: 2 });
    expect([...found.lengths]).toEqual([3, 5, 1]);
    expect(found.unfinished).toBe(1);
    for (const [i, [, ...tokens]] of rows.entries()) {
      let [ratio, kl] = [0, 0];
      for (let t = 0; t < found.lengths[i]!; t++) {
        const prefix: Sequence = tokens.slice(0, t);
        const [ofP, ofQ] = [await model(params.value.p).logProbs(prefix), await model(params.value.q).logProbs(prefix)];
        ratio += ofP[tokens[t]!]! - ofQ[tokens[t]!]!;
        kl += tokenKl(ofP, ofQ);
      }
      // Float32 logits of some units: rounding of 10⁻⁶ a token.
      expect(found.logRatios[i]!).toBeCloseTo(ratio, 4);
      expect(found.conditionalKls[i]!).toBeCloseTo(kl, 4);
      expect(kl).toBeGreaterThan(1e-3);
    }
  });
});

it("networkLogRatios() refuses rows without a target, and networks of different vocabularies", async () => {
  using params = own(() => ({ p: one(1), none: tensor2d([[START]], [1, 1], "int32"), rows: tensor2d([[START, 0]], [1, 2], "int32") }));
  const p = network(params.value.p);
  await expect(networkLogRatios([p, p], params.value.none, { end: END })).rejects.toThrow("got [1, 1]");
  await expect(networkLogRatios([p, p], params.value.rows, { end: END, atOnce: 0 })).rejects.toThrow("at least 1 row at once, got 0");
  const narrow: NetworkLogProbs = (tokens) => slice(p(tokens), [0, 0, 0], [-1, -1, 3]);
  await expect(networkLogRatios([p, narrow], params.value.rows, { end: END })).rejects.toThrow("got [1, 1, 4] and [1, 1, 3]");
});

it("enumeratedLogProbs() are those of each string prefix by prefix, and what ends and what goes on is all there is", async () => {
  await noLeaks(async () => {
    using params = own(() => one(1));
    const found = await enumeratedLogProbs(network(params.value), { start: START, end: END, symbols: [0, 1, 2], longest: 3, atOnce: 4 });
    expect(found.strings.map(({ length }) => length)).toEqual([1, 3, 9, 27]);
    for (const [length, of] of found.strings.entries())
      for (let i = 0; i < of.length; i++) {
        const string = Array.from({ length }, (_, t) => Math.floor(i / 3 ** (length - 1 - t)) % 3);
        let sum = 0;
        for (const [t, token] of [...string, END].entries()) sum += (await model(params.value).logProbs(string.slice(0, t)))[token]!;
        expect(of[i]!).toBeCloseTo(sum, 4);
      }
    const mass = (of: readonly Float64Array[]): number => of.flatMap((x) => [...x]).reduce((s, x) => s + Math.exp(x), 0);
    // Strings of three symbols either end there or go on.
    expect(mass(found.strings.slice(0, 3)) + mass([found.prefixes[3]!])).toBeCloseTo(1, 5);
  });
});

it("enumeratedLogProbs() refuses the end among the symbols, and too many strings", async () => {
  const never: NetworkLogProbs = () => {
    throw new Error("was asked");
  };
  await expect(enumeratedLogProbs(never, { start: 2, end: 1, symbols: [0, 1], longest: 2 })).rejects.toThrow("other than the end 1, got [0, 1]");
  await expect(enumeratedLogProbs(never, { start: 2, end: 3, symbols: [0, 1], longest: 25 })).rejects.toThrow("at most 16777216");
  await expect(enumeratedLogProbs(never, { start: 2, end: 3, symbols: [0, 1], longest: 0 })).rejects.toThrow("longest to be a whole number of at least 1");
});
