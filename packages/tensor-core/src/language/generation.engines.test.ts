import { concat, gather, logSoftmax, slice, tensor1d, tensor2d, tile, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { decoder } from "../nn/decoder.ts";
import type { DecoderParams } from "../nn/decoder-params.ts";
import { LLAMA } from "../nn/decoder-shape.ts";
import { normalInitializer } from "../nn/initializer.ts";
import { key } from "../random/key.ts";
import { split } from "../random/split.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { map, tensors } from "../tree/tree.ts";
import { decoderLanguageModel } from "./decoder-language-model.ts";
import { generation } from "./generation.ts";
import { extended, keyValueCache, type Extended } from "./key-value-cache.ts";
import { sampled, type SampledOptions } from "./sampled.ts";

await engine();

const model = decoder({ vocabulary: 7, context: 24, layers: 2, channels: 8, heads: 2, architecture: LLAMA });
/** Weights large enough that the likeliest token depends on the tokens before it. */
function parameters(): DecoderParams {
  const start = model.init(key(1));
  const keys = split(key(2), tensors(start).length);
  let i = 0;
  return map((x) => (x.rank === 1 ? x : normalInitializer(0.7)(keys[i++]!, x.shape)), start);
}
const prompt = (params: DecoderParams): Extended =>
  extended(model, params, {
    cache: keyValueCache(model, 2),
    tokens: tensor2d(
      [
        [3, 1, 4],
        [2, 6, 0],
      ],
      [2, 3],
      "int32",
    ),
    counts: tensor1d([3, 2], "int32"),
  });
const numbers = (x: Tensor): number[] => [...x.dataSync()];

describe("generation()", () => {
  it("generation() at temperature 0 takes the likeliest token after each, as the decoder without a cache does", () =>
    noLeaks(() =>
      scoped(() => {
        const params = parameters();
        const { tokens, logProbs, cache } = generation(model, { tokens: 6, temperature: 0 })(key(5), params, prompt(params));
        [
          [3, 1, 4],
          [2, 6],
        ].forEach((given, stream) => {
          const text = [...given];
          for (let i = 0; i < 6; i++) {
            const logits = slice(model.apply(params, tensor2d(text, [1, text.length], "int32")), [0, text.length - 1, 0], [1, 1, 7]);
            const row = numbers(logSoftmax(logits));
            const best = row.indexOf(Math.max(...row));
            expect(numbers(tokens)[stream * 6 + i]).toBe(best);
            expect(numbers(logProbs)[stream * 6 + i]).toBeCloseTo(row[best]!, 4);
            text.push(best);
          }
        });
        expect(numbers(cache.lengths)).toEqual([9, 8]);
      }),
    ));

  it("generation() draws the same tokens in one compiled call, other ones from another key, and goes on from where it ended", () =>
    noLeaks(() =>
      scoped(() => {
        const params = parameters();
        const start = prompt(params);
        const write = generation(model, { tokens: 12, topK: 5, topP: 0.95 });
        using inside = jit(write);
        const [a, b] = [inside(key(5), params, start), write(key(5), params, start)];
        expect(numbers(a.tokens)).toEqual(numbers(b.tokens));
        expect(numbers(a.tokens)).not.toEqual(numbers(inside(key(6), params, start).tokens));
        const greedy = generation(model, { tokens: 3, temperature: 0 });
        const [first, whole] = [greedy(key(0), params, start), generation(model, { tokens: 6, temperature: 0 })(key(0), params, start)];
        expect(numbers(concat([first.tokens, greedy(key(0), params, first).tokens], 1))).toEqual(numbers(whole.tokens));
      }),
    ));

  it("generation() repeats the end of a stream that has ended, at log-probability 0, and lets the others go on", () =>
    scoped(() => {
      const params = parameters();
      const free = generation(model, { tokens: 6, temperature: 0 })(key(0), params, prompt(params));
      const [rows, end] = [numbers(free.tokens), numbers(free.tokens)[1]!];
      const { tokens, logProbs } = generation(model, { tokens: 6, temperature: 0, end })(key(0), params, prompt(params));
      for (const stream of [0, 1]) {
        const row = rows.slice(stream * 6, stream * 6 + 6);
        const at = row.indexOf(end);
        expect(numbers(tokens).slice(stream * 6, stream * 6 + 6)).toEqual(row.map((token, i) => (at >= 0 && i > at ? end : token)));
        numbers(logProbs)
          .slice(stream * 6, stream * 6 + 6)
          .forEach((l, i) => expect(l === 0).toBe(at >= 0 && i > at));
      }
    }));
});

describe("sampled()", () => {
  const draws = 20_000;
  const logits = [1, 3, 2, 2, -1];
  const shares = (options: SampledOptions): number[] =>
    scoped(() => {
      const tokens = numbers(sampled(key(9), tile(tensor2d([logits]), [draws, 1]) as Tensor2D, options));
      return logits.map((_, v) => tokens.filter((token) => token === v).length / draws);
    });
  /** By definition: among the kept ones, in proportion to exp(logit / temperature). */
  const exact = (kept: readonly number[], temperature = 1): number[] => {
    const weights = logits.map((z, v) => (kept.includes(v) ? Math.exp(z / temperature) : 0));
    return weights.map((w) => w / weights.reduce((a, b) => a + b));
  };
  const cases: readonly (readonly [string, SampledOptions, number[]])[] = [
    ["the model's own probabilities", {}, exact([0, 1, 2, 3, 4])],
    ["temperature 2", { temperature: 2 }, exact([0, 1, 2, 3, 4], 2)],
    ["the three likeliest", { topK: 3 }, exact([1, 2, 3])],
    ["one of two that tie, the earlier", { topK: 2 }, exact([1, 2])],
    // 0.52, 0.19, 0.19, 0.07, 0.01: the third reaches 0.8.
    ["those that reach 0.8", { topP: 0.8 }, exact([1, 2, 3])],
    ["the likeliest alone where it reaches topP", { topP: 0.3 }, exact([1])],
    ["both, at a temperature", { temperature: 0.5, topK: 4, topP: 0.95 }, exact([1, 2, 3], 0.5)],
  ];
  for (const [name, options, truth] of cases)
    it(`sampled() draws ${name}`, () => {
      shares(options).forEach((share, v) => {
        const p = truth[v]!;
        // Five standard errors of independent draws; what is left out is never drawn.
        expect(Math.abs(share - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / draws));
      });
    });

  it("sampled() at temperature 0, or of one token, is the likeliest; bad options are refused", () => {
    scoped(() => {
      const z = tensor2d([logits, [5, 0, 0, 0, 0]]);
      expect(numbers(sampled(key(0), z, { temperature: 0 }))).toEqual([1, 0]);
      expect(numbers(sampled(key(0), z, { topK: 1 }))).toEqual([1, 0]);
      expect(() => sampled(key(0), z, { temperature: -1 })).toThrow("expected a temperature in [0, ∞), got -1");
      expect(() => sampled(key(0), z, { topK: 0 })).toThrow("expected topK to be a whole number of at least 1, got 0");
      expect(() => sampled(key(0), z, { topP: 0 })).toThrow("expected topP in (0, 1], got 0");
      expect(() => generation(model, { tokens: 0 })).toThrow("expected a whole number of tokens of at least 1, got 0");
    });
  });
});

describe("decoderLanguageModel()", () => {
  it("decoderLanguageModel() gives the decoder's own probabilities after any order of prefixes", () =>
    noLeaks(() =>
      scoped(() => {
        const params = parameters();
        using language = decoderLanguageModel(model, params, { start: 0 });
        const long = Array.from({ length: 23 }, (_, i) => (i * 5) % 7);
        for (const prefix of [[], [3], [3, 1], [3, 1], [3], long, long.slice(0, 20), [...long.slice(0, 4), 6, 6]]) {
          const whole = model.apply(params, tensor2d([0, ...prefix], [1, prefix.length + 1], "int32"));
          const row = numbers(logSoftmax(gather(whole, tensor1d([prefix.length], "int32"), 1)));
          language.logProbs(prefix).forEach((l, v) => expect(Math.abs(l - row[v]!)).toBeLessThan(1e-4));
        }
        expect(() => language.logProbs([7])).toThrow("expected tokens below 7, got 7");
        expect(() => language.logProbs([...long, 1])).toThrow("expected a prefix of at most 23 tokens, got 24");
        expect(() => decoderLanguageModel(model, params, { start: -1 })).toThrow("expected a start below 7, got -1");
      }),
    ));
});
