import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Key } from "../random/key.ts";
import type { AttentionParams } from "./attention.ts";
import { decoder, type Decoder } from "./decoder.ts";
import { GPT2 } from "./decoder-shape.ts";
import type { DenseParams } from "./dense.ts";
import type { LayerNormParams } from "./layer-norm.ts";
import type { Model } from "./model.ts";

/** One block: each half reads a normed copy of the residual stream and adds to it. */
export type BlockParams = {
  readonly attentionNorm: LayerNormParams;
  readonly attention: AttentionParams;
  readonly denseNorm: LayerNormParams;
  readonly up: DenseParams;
  readonly down: DenseParams;
};

/** Tokens [vocabulary, channel], positions [context, channel]; head [channel, vocabulary], absent when it is the token table's transpose. */
export type TransformerParams = {
  readonly tokens: Tensor2D;
  readonly positions: Tensor2D;
  readonly blocks: readonly BlockParams[];
  readonly norm: LayerNormParams;
  readonly head?: Tensor2D;
};

export type TransformerOptions = {
  readonly vocabulary: number;
  /** The longest sequence, tokens. */
  readonly context: number;
  readonly layers: number;
  readonly channels: number;
  readonly heads: number;
  /** Whether the head is the transpose of the token table. */
  readonly tied?: boolean;
};

/** A decoder's logits, and the stream they are read from. */
export type Transformer = Omit<Decoder, "init"> & Model<TransformerParams, Tensor, Tensor3D>;

/**
 * A GPT-2: causal decoder with norms before each half of a block, GELU and learned positions [Radford2019, §2.3]. Int32 tokens [batch, time] → logits
 * [batch, time, vocabulary].
 *
 * x₀ = E[token] + P[position]; x ← x + attention(norm x); x ← x + W₂ gelu(W₁ norm x); logits = norm(x) Eᵀ, or norm(x) H untied. It is the `decoder` of
 * architecture `GPT2`, whose parameters are all there.
 *
 * @throws RangeError for a size that is none or channels that heads do not divide; ShapeError for tokens that are not [batch, time], time ≤ context
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key, transformer } from "@lab/tensor-core";
 * const gpt = transformer({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2 });
 * gpt.apply(gpt.init(key(0)), zeros([1, 5], "int32")).shape; // => [ 1, 5, 50 ]
 * ```
 */
export function transformer(options: TransformerOptions): Transformer {
  const gpt = decoder({ ...options, architecture: GPT2 });
  return { ...gpt, init: (key: Key) => gpt.init(key) as TransformerParams };
}
