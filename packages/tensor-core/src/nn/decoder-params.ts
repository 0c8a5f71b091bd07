import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** γ, and β where the norm is a layer norm: [channel]. */
export type NormParams = { readonly scale: Tensor1D; readonly bias?: Tensor1D };
/** W [input, output], and b [output] where there are biases. */
export type LinearParams = { readonly kernel: Tensor2D; readonly bias?: Tensor1D };

/** One block; `qkv` gives queries, then keys, then values; `gate` stands beside `up` where the dense half is SwiGLU. */
export type DecoderBlockParams = {
  readonly attentionNorm: NormParams;
  readonly attention: { readonly qkv: LinearParams; readonly out: LinearParams };
  readonly denseNorm: NormParams;
  readonly gate?: LinearParams;
  readonly up: LinearParams;
  readonly down: LinearParams;
};

/** Tokens [vocabulary, channel]; positions [context, channel] where they are learned; head [channel, vocabulary], absent when it is the token table's transpose. */
export type DecoderParams = {
  readonly tokens: Tensor2D;
  readonly positions?: Tensor2D;
  readonly blocks: readonly DecoderBlockParams[];
  readonly norm: NormParams;
  readonly head?: Tensor2D;
};
