import { add, concat, gather, maximum, mul, slice, tensor1d, tensor2d, zeros, type Tensor, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { decoder, type Decoder } from "../nn/decoder.ts";
import type { DecoderParams } from "../nn/decoder-params.ts";
import { GPT2, LLAMA, type DecoderOptions } from "../nn/decoder-shape.ts";
import { categorical, normalLike } from "../random/draw.ts";
import { key } from "../random/key.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { map } from "../tree/tree.ts";
import { extended, keyValueCache, type KeyValueCache } from "./key-value-cache.ts";

await engine();

const sizes = { vocabulary: 13, context: 12, layers: 2, channels: 16, heads: 4 } as const;
const KINDS: { readonly [name: string]: DecoderOptions } = {
  "a GPT-2": { ...sizes, architecture: GPT2 },
  "a Llama": { ...sizes, architecture: LLAMA, tied: false },
  "a Llama of shared keys": { ...sizes, architecture: LLAMA, keyValueHeads: 2 },
};

/** Weights large enough that attention and positions matter: a start's are near zero. */
const parameters = (model: Decoder): DecoderParams => {
  const start = model.init(key(1));
  return map((x, noise) => add(x, mul(noise, 0.3)), start, normalLike(key(2), start));
};
const tokensOf = (streams: number, time: number): Tensor2D => categorical(key(3), zeros([streams, time, sizes.vocabulary])) as Tensor2D;
const numbers = (x: Tensor): number[] => [...x.dataSync()];
const near = (a: Tensor, b: Tensor): void => {
  const [xs, ys] = [numbers(a), numbers(b)];
  // float32: some hundred terms of order one in another order, through a few layers.
  xs.forEach((x, i) => expect(Math.abs(x - ys[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(ys[i]!))));
  expect(xs.length).toBe(ys.length);
};

describe("extended()", () => {
  for (const [name, options] of Object.entries(KINDS)) {
    const model = decoder(options);

    it(`extended() one token at a time gives the logits of ${name} without a cache`, () =>
      noLeaks(() =>
        scoped(() => {
          const params = parameters(model);
          const tokens = tokensOf(3, 12);
          const whole = model.apply(params, tokens);
          let cache: KeyValueCache = keyValueCache(model, 3);
          for (let t = 0; t < 12; t++) {
            const next = extended(model, params, { cache, tokens: slice(tokens, [0, t], [3, 1]) });
            near(next.logits, slice(whole, [0, t, 0], [3, 1, 13]));
            cache = next.cache;
          }
          expect(numbers(cache.lengths)).toEqual([12, 12, 12]);
        }),
      ));

    it(`extended() gives the logits of ${name} for prompts of different lengths, and takes tokens back where lengths shrink`, () =>
      noLeaks(() =>
        scoped(() => {
          const params = parameters(model);
          const tokens = tokensOf(3, 7);
          const counts = tensor1d([7, 2, 4], "int32");
          const whole = model.apply(params, tokens);
          const prompt = extended(model, params, { cache: keyValueCache(model, 3), tokens, counts });
          const rows = [6, 1, 3].map((t, i) => slice(whole, [i, t, 0], [1, 1, 13]) as Tensor3D);
          near(prompt.logits, concat(rows, 0));
          // Back to one, three and two tokens at most, then on with a block of two.
          const lengths = tensor1d([1, 2, 2], "int32");
          const again = extended(model, params, {
            cache: { ...prompt.cache, lengths },
            tokens: gather(
              tokens,
              tensor2d(
                [
                  [1, 2],
                  [2, 3],
                  [2, 3],
                ],
                [3, 2],
                "int32",
              ),
              1,
              1,
            ) as Tensor2D,
          });
          near(
            again.logits,
            concat(
              [2, 3, 3].map((t, i) => slice(whole, [i, t, 0], [1, 1, 13]) as Tensor3D),
              0,
            ),
          );
          expect(numbers(again.cache.lengths)).toEqual([3, 4, 4]);
        }),
      ));
  }

  it("extended() compiles once for all positions, and gives what it gives outside jit", () =>
    noLeaks(() =>
      scoped(() => {
        const model = decoder(KINDS["a Llama"]!);
        const params = parameters(model);
        using step = jit((p: DecoderParams, cache: KeyValueCache, tokens: Tensor2D) => extended(model, p, { cache, tokens }));
        const tokens = tokensOf(2, 5);
        let [inside, outside] = [keyValueCache(model, 2), keyValueCache(model, 2)];
        for (let t = 0; t < 5; t++) {
          const token = slice(tokens, [0, t], [2, 1]);
          const [a, b] = [step(params, inside, token), extended(model, params, { cache: outside, tokens: token })];
          near(a.logits, b.logits);
          [inside, outside] = [a.cache, b.cache];
        }
        expect(step.traces).toBeLessThanOrEqual(1);
      }),
    ));

  it("extended() and keyValueCache() refuse what does not fit", () => {
    scoped(() => {
      const model = decoder(KINDS["a GPT-2"]!);
      const params = parameters(model);
      expect(() => keyValueCache(model, 0)).toThrow("expected at least one stream, got 0");
      expect(() => keyValueCache(model, 1, { capacity: 13 })).toThrow("expected a capacity of 1 to 12 tokens, got 13");
      const cache = keyValueCache(model, 2, { capacity: 3 });
      expect(() => extended(model, params, { cache, tokens: tokensOf(2, 4) })).toThrow("expected at most 3 tokens, got [2, 4]");
      expect(() => extended(model, params, { cache, tokens: tokensOf(3, 1) })).toThrow("expected a tensor of shape [streams=3], got [2]");
      expect(() => extended(model, params, { cache, tokens: maximum(tokensOf(2, 1), 0.5) as Tensor2D })).toThrow("expected int32 tokens, got float32");
    });
  });
});

describe("decoder()", () => {
  for (const [name, options] of Object.entries(KINDS)) {
    const model = decoder(options);

    it(`${name} gives packed documents the logits that it gives them alone`, () =>
      noLeaks(() =>
        scoped(() => {
          const params = parameters(model);
          const documents = [5, 3, 4].map((time, i) => slice(tokensOf(3, 5), [i, 0], [1, time]));
          const segments = tensor2d([[0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2]], [1, 12], "int32");
          const together = model.apply(params, concat(documents, 1), { segments });
          near(
            together,
            concat(
              documents.map((tokens) => model.apply(params, tokens)),
              1,
            ),
          );
          // Without segments the later documents hear the earlier ones.
          const heard = numbers(model.apply(params, concat(documents, 1)));
          expect(
            numbers(together)
              .slice(5 * 13)
              .some((x, i) => Math.abs(x - heard[5 * 13 + i]!) > 0.01),
          ).toBe(true);
        }),
      ));
  }

  it("decoder() refuses a layout that is none", () => {
    expect(() => decoder({ ...sizes, heads: 3 })).toThrow("expected channels to be a multiple of 3 heads, got 16");
    expect(() => decoder({ ...sizes, keyValueHeads: 3 })).toThrow("expected heads to be a multiple of 3 key-value heads, got 4");
    expect(() => decoder({ ...sizes, heads: 16, architecture: LLAMA })).toThrow("expected an even depth where positions are rotary, got 1");
    expect(() => decoder({ ...sizes, layers: 0 })).toThrow("Cannot lay out a decoder: expected layers to be a whole number of at least 1, got 0");
    expect(() => decoder({ ...sizes, rotaryBase: 0 })).toThrow("expected a positive rotary base, got 0");
  });
});
