import { transpose, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { LinearParams, NormParams } from "../../nn/decoder-params.ts";
import { GPT2 } from "../../nn/decoder-shape.ts";
import { expected, positive, whole, type Layout } from "./layout.ts";

/** The names of transformers' `GPT2LMHeadModel`, whose kernels are [input, output] as ours are. */
export const gpt2Layout: Layout = {
  modelType: "gpt2",
  config: ({ vocabulary, context, layers, channels, heads, inner, tied, normEps }) => ({
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    activation_function: "gelu_new",
    vocab_size: vocabulary,
    n_positions: context,
    n_embd: channels,
    n_layer: layers,
    n_head: heads,
    n_inner: inner,
    layer_norm_epsilon: normEps,
    tie_word_embeddings: tied,
    attn_pdrop: 0,
    embd_pdrop: 0,
    resid_pdrop: 0,
    scale_attn_weights: true,
    // GPT-2's own default lies outside a small vocabulary.
    bos_token_id: null,
    eos_token_id: null,
  }),
  options(config) {
    expected(config, "activation_function", ["gelu_new", "gelu_pytorch_tanh"]);
    expected(config, "scale_attn_weights", [true]);
    expected(config, "scale_attn_by_inverse_layer_idx", [false]);
    const channels = whole(config, "n_embd");
    return {
      vocabulary: whole(config, "vocab_size"),
      context: whole(config, "n_positions"),
      layers: whole(config, "n_layer"),
      channels,
      heads: whole(config, "n_head"),
      inner: whole(config, "n_inner", 4 * channels),
      tied: config["tie_word_embeddings"] !== false,
      architecture: GPT2,
      normEps: positive(config, "layer_norm_epsilon", 1e-5),
    };
  },
  weights(params) {
    const affine = (name: string, { kernel, bias }: LinearParams): [string, Tensor][] => [
      [`${name}.weight`, kernel],
      [`${name}.bias`, bias!],
    ];
    const norm = (name: string, { scale, bias }: NormParams): [string, Tensor][] => [
      [`${name}.weight`, scale],
      [`${name}.bias`, bias!],
    ];
    const blocks = params.blocks.flatMap((block, i) => [
      ...norm(`transformer.h.${i}.ln_1`, block.attentionNorm),
      ...affine(`transformer.h.${i}.attn.c_attn`, block.attention.qkv),
      ...affine(`transformer.h.${i}.attn.c_proj`, block.attention.out),
      ...norm(`transformer.h.${i}.ln_2`, block.denseNorm),
      ...affine(`transformer.h.${i}.mlp.c_fc`, block.up),
      ...affine(`transformer.h.${i}.mlp.c_proj`, block.down),
    ]);
    return Object.fromEntries([
      ["transformer.wte.weight", params.tokens],
      ["transformer.wpe.weight", params.positions!],
      ...blocks,
      ...norm("transformer.ln_f", params.norm),
      ...(params.head === undefined ? [] : [["lm_head.weight", transpose(params.head)] as const]),
    ]);
  },
  params(weights, { layers, tied }) {
    const affine = (name: string): LinearParams => ({ kernel: weights(`${name}.weight`) as Tensor2D, bias: weights(`${name}.bias`) as Tensor1D });
    const norm = (name: string): NormParams => ({ scale: weights(`${name}.weight`) as Tensor1D, bias: weights(`${name}.bias`) as Tensor1D });
    return {
      tokens: weights("transformer.wte.weight") as Tensor2D,
      positions: weights("transformer.wpe.weight") as Tensor2D,
      blocks: Array.from({ length: layers }, (_, i) => ({
        attentionNorm: norm(`transformer.h.${i}.ln_1`),
        attention: { qkv: affine(`transformer.h.${i}.attn.c_attn`), out: affine(`transformer.h.${i}.attn.c_proj`) },
        denseNorm: norm(`transformer.h.${i}.ln_2`),
        up: affine(`transformer.h.${i}.mlp.c_fc`),
        down: affine(`transformer.h.${i}.mlp.c_proj`),
      })),
      norm: norm("transformer.ln_f"),
      ...(tied ? {} : { head: transpose(weights("lm_head.weight")) as Tensor2D }),
    };
  },
};
