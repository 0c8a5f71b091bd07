import { readFileSync } from "node:fs";
import { tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { own, scoped } from "../memory.ts";
import { decoder } from "../nn/decoder.ts";
import { LLAMA } from "../nn/decoder-shape.ts";
import { key } from "../random/key.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { safetensors, storedTensors } from "../tree/safetensors.ts";
import { huggingFaceModel, huggingFaceOptions, huggingFaceParams } from "./hugging-face.ts";
import type { Config } from "./hugging-face/layout.ts";

await engine();

const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../../../golden/tensor-core/hugging-face/${name}`, import.meta.url)));
const saved = (name: string): { readonly config: Config; readonly logits: readonly number[]; readonly weights: Uint8Array } => ({
  ...(JSON.parse(new TextDecoder().decode(file(`${name}.json`))) as { config: Config; logits: number[] }),
  weights: file(`${name}.safetensors`),
});
const tokens = (): ReturnType<typeof tensor2d> => tensor2d([[3, 1, 4, 1, 5, 9, 2, 6]], [1, 8], "int32");

describe("huggingFaceParams() and huggingFaceModel()", () => {
  for (const name of ["gpt2", "llama"]) {
    it(`huggingFaceParams() reads a ${name} that transformers saved: its logits are transformers' own`, () =>
      noLeaks(() =>
        scoped(() => {
          const { config, weights, logits } = saved(name);
          const ours = decoder(huggingFaceOptions(config)).apply(huggingFaceParams({ config, weights }), tokens()).dataSync();
          expect(ours.length).toBe(logits.length);
          // float32 against float64: sums of a dozen terms of order one, through two layers.
          logits.forEach((z, i) => expect(Math.abs(ours[i]! - z)).toBeLessThan(2e-5));
        }),
      ));

    it(`huggingFaceModel() writes a ${name} with the names, shapes and numbers that transformers wrote`, async () => {
      const { config, weights } = saved(name);
      using params = own(() => huggingFaceParams({ config, weights }));
      const model = decoder(huggingFaceOptions(config));
      const ours = await huggingFaceModel(model, params.value, { config: { bos_token_id: 0 } });
      expect(storedTensors(ours.weights).tensors).toEqual(storedTensors(weights).tensors);
      expect(storedTensors(ours.weights).metadata["format"]).toBe("pt");
      expect(huggingFaceOptions(ours.config)).toEqual(huggingFaceOptions(config));
      expect(ours.config["bos_token_id"]).toBe(0);
    });
  }

  it("an untied Llama comes back as it was", async () => {
    const model = decoder({ vocabulary: 7, context: 4, layers: 1, channels: 8, heads: 2, architecture: LLAMA, tied: false });
    using params = own(() => model.init(key(0)));
    const published = await huggingFaceModel(model, params.value);
    using back = own(() => huggingFaceParams(published));
    expect(back.value.head!.dataSync()).toEqual(params.value.head!.dataSync());
    expect(huggingFaceOptions(published.config).tied).toBe(false);
  });

  it("what is not a GPT-2 or a Llama, or not whole, is refused with its name", async () => {
    const { config, weights } = saved("gpt2");
    expect(() => huggingFaceOptions({ model_type: "bert" })).toThrow('expected model_type "gpt2" or "llama", got "bert"');
    expect(() => huggingFaceOptions({ ...config, activation_function: "relu" })).toThrow(
      'expected activation_function "gelu_new" or "gelu_pytorch_tanh", got "relu"',
    );
    expect(() => huggingFaceOptions({ ...config, n_layer: "2" })).toThrow('expected n_layer to be a whole number of at least 1, got "2"');
    expect(() => huggingFaceParams({ config: { ...config, n_layer: 3 }, weights })).toThrow('expected a weight "transformer.h.2.ln_1.weight"');
    expect(() => huggingFaceParams({ config: { ...config, n_positions: 9 }, weights })).toThrow('expected "positions" of shape [9, 8], got [8, 8]');
    const llama = saved("llama").config;
    expect(() => huggingFaceOptions({ ...llama, rope_parameters: { rope_type: "yarn", rope_theta: 1e4 } })).toThrow('expected rope_type "default", got "yarn"');
    const headless = Object.fromEntries(Object.entries(storedTensors(weights).tensors).map(([name, x]) => [name.replace("transformer.", ""), x]));
    scoped(() => {
      expect(huggingFaceParams({ config, weights: safetensors({ tensors: headless, metadata: {} }) }).blocks.length).toBe(2);
    });
    const mixed = decoder({ vocabulary: 7, context: 4, layers: 1, channels: 8, heads: 2, architecture: { ...LLAMA, biases: true } });
    using params = own(() => mixed.init(key(0)));
    await expect(huggingFaceModel(mixed, params.value)).rejects.toThrow("expected the architecture of GPT2 or LLAMA");
  });
});
