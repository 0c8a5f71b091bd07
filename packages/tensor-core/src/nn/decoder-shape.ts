import { checkedSize } from "./dense.ts";

/** What a decoder's layers are made of. */
export type Architecture = {
  readonly norm: "layer" | "rms";
  readonly positions: "learned" | "rotary";
  readonly dense: "gelu" | "swiglu";
  readonly biases: boolean;
};

/**
 * Layer norms, learned positions, GELU and biases [Radford2019, §2.3].
 *
 * @example
 * ```ts
 * import { GPT2 } from "@lab/tensor-core";
 * GPT2.positions; // => 'learned'
 * ```
 */
export const GPT2: Architecture = { norm: "layer", positions: "learned", dense: "gelu", biases: true };

/**
 * RMS norms, rotary positions, SwiGLU and no biases [Touvron2023, §2.2].
 *
 * @example
 * ```ts
 * import { LLAMA } from "@lab/tensor-core";
 * LLAMA.positions; // => 'rotary'
 * ```
 */
export const LLAMA: Architecture = { norm: "rms", positions: "rotary", dense: "swiglu", biases: false };

export type DecoderOptions = {
  readonly vocabulary: number;
  /** The longest sequence, tokens. */
  readonly context: number;
  readonly layers: number;
  readonly channels: number;
  readonly heads: number;
  /** Heads of keys and values, each shared by a group of heads of queries; as many as heads unless told. */
  readonly keyValueHeads?: number;
  /** The width of the dense half: 4 · channels, or 8/3 of them in eights for SwiGLU, unless told. */
  readonly inner?: number;
  /** Whether the head is the transpose of the token table. */
  readonly tied?: boolean;
  /** GPT-2's unless told. */
  readonly architecture?: Architecture;
  /** θ of rotary positions. */
  readonly rotaryBase?: number;
  /** ε of the norms: 10⁻⁵ for layer norms, 10⁻⁶ for RMS norms unless told. */
  readonly normEps?: number;
};

/** All that decides a decoder's parameters and what they compute: plain data. */
export type DecoderShape = Required<DecoderOptions>;

/** The options with everything filled in. */
export function decoderShape(options: DecoderOptions): DecoderShape {
  const { architecture = GPT2, channels, heads, keyValueHeads = heads, tied = true, rotaryBase = 10_000 } = options;
  const inner = options.inner ?? (architecture.dense === "swiglu" ? 8 * Math.ceil(channels / 3) : 4 * channels);
  const normEps = options.normEps ?? (architecture.norm === "rms" ? 1e-6 : 1e-5);
  const shape = { ...options, keyValueHeads, inner, tied, architecture, rotaryBase, normEps };
  const { vocabulary, context, layers } = shape;
  for (const [name, size] of Object.entries({ vocabulary, context, layers, channels, heads, "key-value heads": keyValueHeads, inner }))
    checkedSize("a decoder", name, size);
  if (channels % heads !== 0) throw new RangeError(`Cannot lay out a decoder: expected channels to be a multiple of ${heads} heads, got ${channels}`);
  if (heads % keyValueHeads !== 0)
    throw new RangeError(`Cannot lay out a decoder: expected heads to be a multiple of ${keyValueHeads} key-value heads, got ${heads}`);
  if (architecture.positions === "rotary" && (channels / heads) % 2 !== 0)
    throw new RangeError(`Cannot lay out a decoder: expected an even depth where positions are rotary, got ${channels / heads}`);
  if (!(rotaryBase > 0 && rotaryBase < Infinity)) throw new RangeError(`Cannot lay out a decoder: expected a positive rotary base, got ${rotaryBase}`);
  return shape;
}
