import { add, div, matMul, mean, mul, onesLike, reshape, sub, transpose, zeros, zerosLike, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { LinearParams, NormParams } from "@lab/tensor-core";
import { onOutputs, withBlocks, type Network } from "./network.ts";

/**
 * logits = h Eᵀ → h H with H = Eᵀ, parameters of their own: what a change of the token table or of the head alone asks for first.
 *
 * Not neutral: a tied table's gradient is the sum of two, which now go apart. A network that is untied already comes back as it is.
 *
 * @throws nothing
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { untied } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 2, heads: 1 });
 * untied({ shape, params: init(key(1)) }).params.head?.shape; // => [ 2, 5 ]
 * ```
 */
export function untied({ shape, params }: Network): Network {
  if (params.head !== undefined) return { shape, params };
  return { shape: { ...shape, tied: false }, params: { ...params, head: transpose(params.tokens) } };
}

/** What reads γ ⊙ n + β, as it reads n alone. */
function reading({ scale, bias }: NormParams, { kernel, bias: own }: LinearParams): LinearParams {
  const scaled = mul(kernel, reshape(scale, [scale.size, 1])) as Tensor2D;
  if (bias === undefined) return own === undefined ? { kernel: scaled } : { kernel: scaled, bias: own };
  const shift = reshape(matMul(reshape(bias, [1, bias.size]), kernel), [kernel.shape[1]]) as Tensor1D;
  return { kernel: scaled, bias: own === undefined ? shift : (add(own, shift) as Tensor1D) };
}

const plain = ({ scale, bias }: NormParams): NormParams =>
  bias === undefined ? { scale: onesLike(scale) } : { scale: onesLike(scale), bias: zerosLike(bias) };
const biased = (linear: LinearParams): LinearParams => ({ kernel: linear.kernel, bias: linear.bias ?? zeros([linear.kernel.shape[1]]) });

/**
 * (γ ⊙ n(x) + β) W + b = n(x) diag(γ) W + (β W + b): gains and biases of the norms into the maps that read them, γ → 1, β → 0 [Elhage2021].
 *
 * The head has no bias: of the last norm only the gain is folded, β → β / γ, which must then not be zero; and a tied head is untied. Folding what is folded
 * changes nothing. Neither gradient descent nor Adam commutes with it: the metric on γ and W is another, and so is that of a tied table. The gains stay in
 * the tree as ones, which a training that takes them for folded leaves alone.
 *
 * @throws nothing
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { decoder, key } from "@lab/tensor-core";
 * import { foldedNorms } from "@lab/nonident/symmetry";
 * const { shape, init, apply } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 2 });
 * const params = init(key(1));
 * const moved = foldedNorms({ shape, params });
 * const [a, b] = [apply(params, zeros([1, 4], "int32")), decoder(moved.shape).apply(moved.params, zeros([1, 4], "int32"))].map((x) => x.dataSync());
 * a.every((x, i) => Math.abs(x - b[i]) < 1e-6); // => true
 * ```
 */
export function foldedNorms(network: Network): Network {
  const { shape, params } = untied(network);
  const biases = shape.architecture.biases || shape.architecture.norm === "layer";
  const { scale, bias } = params.norm;
  const folded = withBlocks({ shape, params }, (block) => ({
    ...block,
    attentionNorm: plain(block.attentionNorm),
    attention: { qkv: reading(block.attentionNorm, block.attention.qkv), out: biases ? biased(block.attention.out) : block.attention.out },
    denseNorm: plain(block.denseNorm),
    ...(block.gate === undefined ? {} : { gate: reading(block.denseNorm, block.gate) }),
    up: reading(block.denseNorm, block.up),
    down: biases ? biased(block.down) : block.down,
  }));
  return {
    shape: { ...shape, architecture: { ...shape.architecture, biases } },
    params: {
      ...folded.params,
      norm: bias === undefined ? { scale: onesLike(scale) } : { scale: onesLike(scale), bias: div(bias, scale) },
      head: mul(params.head!, reshape(scale, [scale.size, 1])) as Tensor2D,
    },
  };
}

/**
 * E, P, W_O, b_O, W₂, b₂ → each less its mean over channels: layer norms take off the mean of the stream anyway [Elhage2021].
 *
 * The direction taken off is null for the loss, so the gradient is the same at both points: gradient descent and Adam commute with it, with decoupled decay
 * too; not with a penalty inside the gradient. A tied head is untied first, which alone is not neutral.
 *
 * @throws RangeError unless the norms are layer norms
 * @example
 * ```ts
 * import { mean } from "@tensorflow/tfjs-core";
 * import { decoder, key } from "@lab/tensor-core";
 * import { centredWriters } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 1, context: 4, layers: 1, channels: 4, heads: 2 });
 * Math.abs(mean(centredWriters({ shape, params: init(key(1)) }).params.tokens).dataSync()[0]) < 1e-8; // => true
 * ```
 */
export function centredWriters(network: Network): Network {
  if (network.shape.architecture.norm !== "layer") throw new RangeError(`Cannot centre writers: expected layer norms, got ${network.shape.architecture.norm}`);
  const centred = (x: Tensor2D): Tensor2D => sub(x, mean(x, 1, true));
  const { shape, params } = withBlocks(untied(network), (block) => ({
    ...block,
    attention: { ...block.attention, out: onOutputs(block.attention.out, centred) },
    down: onOutputs(block.down, centred),
  }));
  return {
    shape,
    params: { ...params, tokens: centred(params.tokens), ...(params.positions === undefined ? {} : { positions: centred(params.positions) }) },
  };
}
