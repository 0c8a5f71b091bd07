import { decoder, engine, extended, generation, jit, key, keyValueCache, map, own, readSync, type DecoderParams, type Token } from "@lab/tensor-core";
import { callControl, runningQuantile, type CallControl } from "@lab/lacy";
import { noLeaks } from "@lab/tensor-core/testing";
import { mul, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { cascade, type Pair, type Written } from "./cascade.ts";
import { silenced } from "./silenced.ts";

await engine();

const [small, large] = [
  decoder({ vocabulary: 31, context: 24, layers: 1, channels: 8, heads: 2 }),
  decoder({ vocabulary: 31, context: 24, layers: 2, channels: 12, heads: 2 }),
];
const [separator, tokens] = [29, 12];
const prompts = [
  [3, 1, 4],
  [1, 5],
  [9, 2, 6, 5],
];
/** Weights large enough for the models to differ. */
const pair = (): Pair => ({ small: map((x) => mul(x, 20), small.init(key(1))), large: map((x) => mul(x, 20), large.init(key(2))) });
const control = (rate: number): CallControl => callControl(runningQuantile({ rate }));

function written(rate: number, kept = control(rate)): readonly Written[] {
  using writer = cascade({ small, large, xla: false });
  using weights = own(pair);
  return writer.written(weights.value, { prompts, tokens, separator, score: "margin", control: kept, key: key(3) });
}

/** What a model alone writes after each prompt, by the library's own loop. */
function alone(model: typeof small, params: (weights: Pair) => DecoderParams): readonly (readonly Token[])[] {
  const silent = silenced(model);
  using weights = own(pair);
  using loop = jit(generation(silent, { tokens, temperature: 0, end: separator }), { xla: false });
  const width = 1 + Math.max(...prompts.map(({ length }) => length));
  using found = own(() => {
    const rows = prompts.flatMap((each) => Array.from({ length: width }, (_, i) => [separator, ...each][i] ?? separator));
    const asked = {
      tokens: tensor2d(rows, [prompts.length, width], "int32"),
      counts: tensor1d(
        prompts.map(({ length }) => length + 1),
        "int32",
      ),
    };
    const start = extended(silent, params(weights.value), { cache: keyValueCache(silent, prompts.length), ...asked });
    return { tokens: loop(key(0), params(weights.value), start).tokens };
  });
  const { data } = readSync(found.value).tokens;
  return prompts.map((_, i) => {
    const row = Array.from(data.subarray(i * tokens, (i + 1) * tokens));
    const end = row.indexOf(separator);
    return end < 0 ? row : row.slice(0, end);
  });
}

describe("cascade()", () => {
  it("cascade() at budget 0 writes what the small model alone writes, and at 1 what the larger one does", () => {
    const [mine, its] = [alone(small, (weights) => weights.small), alone(large, (weights) => weights.large)];
    expect(mine).not.toEqual(its);
    expect(written(0).map((each) => each.tokens)).toEqual(mine);
    expect(written(1).map((each) => each.tokens)).toEqual(its);
    expect(written(0).flatMap(({ byLarge }) => byLarge)).not.toContain(true);
    expect(written(1).flatMap(({ byLarge }) => byLarge)).not.toContain(false);
  });

  it("cascade() says who wrote each token, and its calls are the budget's", () => {
    const kept = control(0.5);
    const texts = written(0.5, kept);
    const called = texts.flatMap(({ byLarge }) => byLarge).filter(Boolean).length;
    const ended = texts.filter((text) => text.tokens.length < tokens).length;
    // A call may be answered by the end, which is no token of a text.
    expect(called).toBeLessThanOrEqual(kept.calls);
    expect(called).toBeGreaterThanOrEqual(kept.calls - ended);
    expect(Math.abs(kept.calls - 0.5 * kept.decisions)).toBeLessThan(0.25 * kept.decisions);
    expect(texts.every(({ tokens, byLarge }) => tokens.length === byLarge.length)).toBe(true);
  });

  it("cascade() leaks no tensor", async () => {
    await noLeaks(() => Promise.resolve(written(0.5).length));
  });
});
