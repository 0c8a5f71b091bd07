import {
  add,
  cast,
  concat,
  equal,
  expandDims,
  gather,
  logicalAnd,
  matMul,
  mul,
  range,
  reshape,
  sigmoid,
  slice,
  split as parts,
  sub,
  sum,
  lessEqual,
  where,
  zeros,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import type { Key } from "../random/key.ts";
import { split } from "../random/split.ts";
import { axes, ShapeError } from "../shapes.ts";
import { gelu } from "./activation.ts";
import { causalMask, selfAttention } from "./attention.ts";
import { affine, linear } from "./dense.ts";
import { decoderShape, type DecoderOptions, type DecoderShape } from "./decoder-shape.ts";
import type { DecoderBlockParams, DecoderParams, LinearParams, NormParams } from "./decoder-params.ts";
import { normalInitializer, type Initializer } from "./initializer.ts";
import { layerNorm } from "./layer-norm.ts";
import type { Model } from "./model.ts";
import { rmsNorm } from "./rms-norm.ts";
import { rotated, rotation, type Rotation } from "./rotary.ts";

/**
 * What is heard in a layer, [batch, time, heads · depth], given its queries, keys and values beside each other:
 * [batch, time, (heads + 2 key-value heads) · depth], turned by their positions where those are rotary.
 */
export type Attend = (rows: Tensor, layer: number) => Tensor;

/** Which document each token belongs to, int32 [batch, time]: documents stand one after the other, and see nothing of each other. */
export type Packing = { readonly segments?: Tensor2D };

/** A decoder's logits, the stream they are read from, and how to run it where positions see each other in another way. */
export type Decoder = {
  readonly shape: DecoderShape;
  init(key: Key): DecoderParams;
  apply(params: DecoderParams, tokens: Tensor, packing?: Packing): Tensor3D;
  /** The residual stream after the last norm: int32 tokens [batch, time] → [batch, time, channel]. */
  hidden(params: DecoderParams, tokens: Tensor, packing?: Packing): Tensor3D;
  /** `hidden` where `attend` says what is heard, for tokens at the given positions, int32 [batch, time], or 0, 1, … */
  stream(params: DecoderParams, tokens: Tensor, attend: Attend, positions?: Tensor): Tensor3D;
  /** The logits of a stream, [..., channel] → [..., vocabulary]. */
  head(params: DecoderParams, stream: Tensor): Tensor;
};

/**
 * Whether a later token of the same document may look back, as what is added to its scores: [batch, 1, time, time], and each token's position in its
 * document, int32 [batch, time].
 */
function packed(segments: Tensor2D): { readonly mask: Tensor; readonly positions: Tensor } {
  const [batch, time] = segments.shape;
  const order = range(0, time, 1, "int32");
  const before = lessEqual(expandDims(order, 0), expandDims(order, 1));
  const seen = logicalAnd(equal(expandDims(segments, 1), expandDims(segments, 2)), expandDims(before, 0));
  const positions = sub(cast(sum(cast(seen, "int32"), -1), "int32"), 1);
  return { mask: reshape(where(seen, 0, -1e9), [batch, 1, time, time]), positions: cast(positions, "int32") };
}

function mapped({ kernel, bias }: LinearParams, x: Tensor): Tensor {
  return bias === undefined ? linear(x, kernel) : affine(x, { kernel, bias });
}

/**
 * A decoder as data: GPT-2's (layer norms, learned positions, GELU, biases) [Radford2019, §2.3] or Llama's (RMS norms, rotary positions, SwiGLU, no biases)
 * [Touvron2023, §2.2], and what lies between. Int32 tokens [batch, time] → logits [batch, time, vocabulary].
 *
 * x ← x + attention(norm x); x ← x + W₂ gelu(W₁ norm x), or x + W₂ (silu(W_g norm x) ⊙ W₁ norm x); logits = norm(x) Eᵀ, or norm(x) H untied. With
 * `segments`, documents packed into one row see nothing of each other and their positions start anew.
 *
 * @throws RangeError for a size that is none, channels that heads do not divide, heads that key-value heads do not divide, an odd depth where positions
 * are rotary; ShapeError for tokens that are not [batch, time], time ≤ context; TypeError for tokens that are not int32
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { decoder, key, LLAMA } from "@lab/tensor-core";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2, architecture: LLAMA });
 * model.apply(model.init(key(0)), zeros([1, 5], "int32")).shape; // => [ 1, 5, 50 ]
 * ```
 */
export function decoder(options: DecoderOptions): Decoder {
  const shape = decoderShape(options);
  const { vocabulary, context, layers, channels, heads, keyValueHeads, inner, tied, architecture } = shape;
  const depth = channels / heads;
  const kernel = normalInitializer(0.02);
  const outKernel = normalInitializer(0.02 / Math.sqrt(2 * layers));
  const norm = (architecture.norm === "rms" ? rmsNorm : layerNorm)(channels, { eps: shape.normEps }) as unknown as Model<NormParams>;

  function affineMap(key: Key, inputs: number, outputs: number, from: Initializer): LinearParams {
    const weights = { kernel: from(key, [inputs, outputs]) as Tensor2D };
    return architecture.biases ? { ...weights, bias: zeros([outputs]) } : weights;
  }

  function block(key: Key): DecoderBlockParams {
    const [a, b, c, d, e, f] = split(key, 6);
    const [qkv, out] = split(b!);
    const up = affineMap(d!, channels, inner, kernel);
    return {
      attentionNorm: norm.init(a!),
      attention: { qkv: affineMap(qkv, channels, channels + 2 * keyValueHeads * depth, kernel), out: affineMap(out, channels, channels, outKernel) },
      denseNorm: norm.init(c!),
      ...(architecture.dense === "swiglu" ? { gate: affineMap(f!, channels, inner, kernel), up } : { up }),
      down: affineMap(e!, inner, channels, outKernel),
    };
  }

  function dense({ gate, up, down }: DecoderBlockParams, x: Tensor): Tensor {
    if (gate === undefined) return mapped(down, gelu(mapped(up, x)));
    const g = mapped(gate, x);
    return mapped(down, mul(mul(g, sigmoid(g)), mapped(up, x)));
  }

  function learned(table: Tensor2D, time: number, positions: Tensor | undefined): Tensor {
    if (positions !== undefined) return gather(table, positions);
    return time === context ? table : slice(table, [0, 0], [time, channels]);
  }

  /** Rows whose queries and keys are turned by their positions. */
  function turned(rows: Tensor, angles: Rotation): Tensor {
    const [batch, time, width] = rows.shape as [number, number, number];
    const [some, values] = parts(rows, [width - keyValueHeads * depth, keyValueHeads * depth], 2) as [Tensor, Tensor];
    const apart = reshape(some, [batch, time, heads + keyValueHeads, depth]);
    return concat([reshape(rotated(apart, angles), some.shape), values], 2);
  }

  function stream(params: DecoderParams, tokens: Tensor, attend: Attend, positions?: Tensor): Tensor3D {
    const { batch, time } = axes("decoder", [tokens, "batch time"]);
    if (tokens.dtype !== "int32") throw new TypeError(`Cannot apply decoder: expected int32 tokens, got ${tokens.dtype}`);
    const places = positions === undefined ? expandDims(range(0, time, 1, "float32"), 0) : cast(positions, "float32");
    const angles = architecture.positions === "rotary" ? rotation(places, { depth, base: shape.rotaryBase }) : undefined;
    let x: Tensor = gather(params.tokens, tokens);
    if (params.positions !== undefined) x = add(x, learned(params.positions, time, positions));
    params.blocks.forEach((each, layer) => {
      const qkv = mapped(each.attention.qkv, reshape(norm.apply(each.attentionNorm, x), [batch * time, channels]));
      const rows = reshape(qkv, [batch, time, channels + 2 * keyValueHeads * depth]);
      const heard = attend(angles === undefined ? rows : turned(rows, angles), layer);
      const mixed = mapped(each.attention.out, reshape(heard, [batch * time, channels]));
      x = add(x, reshape(mixed, [batch, time, channels]));
      x = add(x, dense(each, norm.apply(each.denseNorm, x)));
    });
    return norm.apply(params.norm, x) as Tensor3D;
  }

  function hidden(params: DecoderParams, tokens: Tensor, { segments }: Packing = {}): Tensor3D {
    const { time } = axes("decoder", [tokens, "batch time"], ...(segments === undefined ? [] : [[segments, "batch time"] as const]));
    if (time > context) throw new ShapeError(`Cannot apply decoder: expected at most ${context} tokens, got [${tokens.shape.join(", ")}]`);
    if (segments !== undefined) {
      const { mask, positions } = packed(segments);
      return stream(params, tokens, (rows) => selfAttention(rows, { heads, keyValueHeads, segments, mask: () => mask }), positions);
    }
    let mask: Tensor | undefined;
    return stream(params, tokens, (rows) => selfAttention(rows, { heads, keyValueHeads, mask: () => (mask ??= causalMask(time)) }));
  }

  function head(params: DecoderParams, x: Tensor): Tensor {
    if (params.head !== undefined) return linear(x, params.head);
    return reshape(matMul(reshape(x, [x.size / channels, channels]), params.tokens, false, true), [...x.shape.slice(0, -1), vocabulary]);
  }

  return {
    shape,
    init(key) {
      const [tokenKey, positionKey, normKey, headKey, ...blockKeys] = split(key, 4 + layers);
      return {
        tokens: kernel(tokenKey!, [vocabulary, channels]) as Tensor2D,
        ...(architecture.positions === "learned" ? { positions: kernel(positionKey!, [context, channels]) as Tensor2D } : {}),
        blocks: blockKeys.map(block),
        norm: norm.init(normKey!),
        ...(tied ? {} : { head: kernel(headKey!, [channels, vocabulary]) as Tensor2D }),
      };
    },
    stream,
    hidden,
    head,
    apply: (params, tokens, packing) => head(params, hidden(params, tokens, packing)) as Tensor3D,
  };
}
