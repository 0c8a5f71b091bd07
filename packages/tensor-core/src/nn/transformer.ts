import { add, gather, matMul, reshape, slice, type Tensor, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { split } from "../random/split.ts";
import { axes, ShapeError } from "../shapes.ts";
import { gelu } from "./activation.ts";
import { attention, type AttentionParams } from "./attention.ts";
import { checkedSize, dense, linear, type DenseParams } from "./dense.ts";
import { normalInitializer } from "./initializer.ts";
import { layerNorm, type LayerNormParams } from "./layer-norm.ts";
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
export type Transformer = Model<TransformerParams, Tensor, Tensor3D> & {
  /** The residual stream after the last norm: int32 tokens [batch, time] → [batch, time, channel]. */
  hidden(params: TransformerParams, tokens: Tensor): Tensor3D;
};

/**
 * A GPT-2: causal decoder with norms before each half of a block, GELU and learned positions [Radford2019, §2.3]. Int32 tokens [batch, time] → logits
 * [batch, time, vocabulary].
 *
 * x₀ = E[token] + P[position]; x ← x + attention(norm x); x ← x + W₂ gelu(W₁ norm x); logits = norm(x) Eᵀ, or norm(x) H untied.
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
export function transformer({ vocabulary, context, layers, channels, heads, tied = true }: TransformerOptions): Transformer {
  for (const [name, size] of Object.entries({ vocabulary, context, layers, channels })) checkedSize("a transformer", name, size);
  const kernel = normalInitializer(0.02);
  const outKernel = normalInitializer(0.02 / Math.sqrt(2 * layers));
  const norm = layerNorm(channels);
  const attend = attention(channels, { heads, kernel, outKernel });
  const up = dense(channels, 4 * channels, { kernel });
  const down = dense(4 * channels, channels, { kernel: outKernel });

  function hidden(params: TransformerParams, tokens: Tensor): Tensor3D {
    const { time } = axes("transformer", [tokens, "batch time"]);
    if (time > context) throw new ShapeError(`Cannot apply transformer: expected at most ${context} tokens, got [${tokens.shape.join(", ")}]`);
    if (tokens.dtype !== "int32") throw new TypeError(`Cannot apply transformer: expected int32 tokens, got ${tokens.dtype}`);
    const positions = time === context ? params.positions : slice(params.positions, [0, 0], [time, channels]);
    const embedded: Tensor = add(gather(params.tokens, tokens), positions);
    const stream = params.blocks.reduce((x, block) => {
      const attended = add(x, attend.apply(block.attention, norm.apply(block.attentionNorm, x)));
      return add(attended, down.apply(block.down, gelu(up.apply(block.up, norm.apply(block.denseNorm, attended)))));
    }, embedded);
    return norm.apply(params.norm, stream) as Tensor3D;
  }

  return {
    init(key) {
      const [tokenKey, positionKey, normKey, headKey, ...blockKeys] = split(key, 4 + layers);
      const blocks = blockKeys.map((blockKey) => {
        const [a, b, c, d, e] = split(blockKey, 5);
        return { attentionNorm: norm.init(a!), attention: attend.init(b!), denseNorm: norm.init(c!), up: up.init(d!), down: down.init(e!) };
      });
      const params = {
        tokens: kernel(tokenKey!, [vocabulary, channels]) as Tensor2D,
        positions: kernel(positionKey!, [context, channels]) as Tensor2D,
        blocks,
        norm: norm.init(normKey!),
      };
      return tied ? params : { ...params, head: kernel(headKey!, [channels, vocabulary]) as Tensor2D };
    },
    hidden,
    apply(params, tokens) {
      const stream = hidden(params, tokens);
      if (params.head !== undefined) return linear(stream, params.head) as Tensor3D;
      const [batch, time] = stream.shape;
      return reshape(matMul(reshape(stream, [batch * time, channels]), params.tokens, false, true), [batch, time, vocabulary]);
    },
  };
}
