import { concat, split, transpose, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { LLAMA } from "../../nn/decoder-shape.ts";
import { expected, positive, whole, type Config, type Layout } from "./layout.ts";

const NORM = { attentionNorm: "input_layernorm", denseNorm: "post_attention_layernorm" } as const;

/** θ stands at the root up to transformers 4, and among the rotary parameters since 5. */
function rotaryBase(config: Config): number {
  const parameters = (config["rope_parameters"] ?? config["rope_scaling"] ?? {}) as Config;
  expected(parameters, "rope_type", ["default"]);
  return positive({ ...config, ...parameters }, "rope_theta", 10_000);
}

/** The names of transformers' `LlamaForCausalLM`, whose kernels are [output, input], and apart for queries, keys and values. */
export const llamaLayout: Layout = {
  modelType: "llama",
  config: ({ vocabulary, context, layers, channels, heads, keyValueHeads, inner, tied, rotaryBase: base, normEps }) => ({
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_act: "silu",
    vocab_size: vocabulary,
    max_position_embeddings: context,
    hidden_size: channels,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    head_dim: channels / heads,
    rms_norm_eps: normEps,
    rope_theta: base,
    rope_parameters: { rope_type: "default", rope_theta: base },
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: tied,
  }),
  options(config) {
    expected(config, "hidden_act", ["silu"]);
    expected(config, "attention_bias", [false]);
    expected(config, "mlp_bias", [false]);
    const [channels, heads] = [whole(config, "hidden_size"), whole(config, "num_attention_heads")];
    expected(config, "head_dim", [channels / heads]);
    return {
      vocabulary: whole(config, "vocab_size"),
      context: whole(config, "max_position_embeddings"),
      layers: whole(config, "num_hidden_layers"),
      channels,
      heads,
      keyValueHeads: whole(config, "num_key_value_heads", heads),
      inner: whole(config, "intermediate_size"),
      tied: config["tie_word_embeddings"] === true,
      architecture: LLAMA,
      rotaryBase: rotaryBase(config),
      normEps: positive(config, "rms_norm_eps", 1e-6),
    };
  },
  weights(params, { channels, heads, keyValueHeads }) {
    const shared = (keyValueHeads * channels) / heads;
    const blocks = params.blocks.flatMap((block, i): [string, Tensor][] => {
      const [q, k, v] = split(block.attention.qkv.kernel, [channels, shared, shared], 1) as [Tensor2D, Tensor2D, Tensor2D];
      const kernels = {
        "self_attn.q_proj": q,
        "self_attn.k_proj": k,
        "self_attn.v_proj": v,
        "self_attn.o_proj": block.attention.out.kernel,
        "mlp.gate_proj": block.gate!.kernel,
        "mlp.up_proj": block.up.kernel,
        "mlp.down_proj": block.down.kernel,
      };
      return [
        ...Object.entries(kernels).map(([name, kernel]): [string, Tensor] => [`model.layers.${i}.${name}.weight`, transpose(kernel)]),
        ...(["attentionNorm", "denseNorm"] as const).map((name): [string, Tensor] => [`model.layers.${i}.${NORM[name]}.weight`, block[name].scale]),
      ];
    });
    return Object.fromEntries([
      ["model.embed_tokens.weight", params.tokens],
      ...blocks,
      ["model.norm.weight", params.norm.scale],
      ...(params.head === undefined ? [] : [["lm_head.weight", transpose(params.head)] as const]),
    ]);
  },
  params(weights, { layers, tied }) {
    const scale = (name: string): { readonly scale: Tensor1D } => ({ scale: weights(`${name}.weight`) as Tensor1D });
    return {
      tokens: weights("model.embed_tokens.weight") as Tensor2D,
      blocks: Array.from({ length: layers }, (_, i) => {
        const kernel = (name: string): Tensor2D => transpose(weights(`model.layers.${i}.${name}.weight`)) as Tensor2D;
        const [q, k, v] = [kernel("self_attn.q_proj"), kernel("self_attn.k_proj"), kernel("self_attn.v_proj")];
        return {
          attentionNorm: scale(`model.layers.${i}.${NORM.attentionNorm}`),
          attention: { qkv: { kernel: concat([q, k, v], 1) }, out: { kernel: kernel("self_attn.o_proj") } },
          denseNorm: scale(`model.layers.${i}.${NORM.denseNorm}`),
          gate: { kernel: kernel("mlp.gate_proj") },
          up: { kernel: kernel("mlp.up_proj") },
          down: { kernel: kernel("mlp.down_proj") },
        };
      }),
      norm: scale("model.norm"),
      ...(tied ? {} : { head: transpose(weights("lm_head.weight")) as Tensor2D }),
    };
  },
};
