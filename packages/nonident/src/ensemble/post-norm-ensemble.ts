import {
  add,
  cast,
  concat,
  equal,
  logSoftmax,
  matMul,
  mul,
  oneHot,
  ones,
  relu,
  reshape,
  softmax,
  split as parts,
  tensor2d,
  tile,
  transpose,
  zeros,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import { causalMask, dropout, foldIn, normal, reluNetwork, selfAttention, ShapeError, type Key } from "@lab/tensor-core";
import { affine, drawn, normed, type Affine, type Norms } from "./affine.ts";

/** One block of each member: attention and a ReLU network, each added to the stream and then normed. */
export type EnsembleBlock = {
  readonly qkv: Affine;
  readonly out: Affine;
  readonly attentionNorm: Norms;
  readonly up: Affine;
  readonly down: Affine;
  readonly denseNorm: Norms;
};

/** The token tables, [member, vocabulary, channel], the blocks, and the ways out to the vocabulary. */
export type EnsembleParams = { readonly table: Tensor3D; readonly blocks: readonly EnsembleBlock[]; readonly head: Affine };

export type EnsembleOptions = {
  readonly vocabulary: number;
  /** The longest sequence, tokens. */
  readonly context: number;
  readonly channels: number;
  readonly heads: number;
  /** Width of the ReLU network. */
  readonly hidden: number;
  readonly layers: number;
  /** ε of the norms. */
  readonly eps?: number;
  /** The token that is never attended to. */
  readonly padding?: number;
  /** The rate at which units are dropped where a key is given. */
  readonly rate?: number;
};

/** Several networks of one shape, which learn and speak at once. */
export interface PostNormEnsemble {
  readonly options: Required<Omit<EnsembleOptions, "padding">> & Pick<EnsembleOptions, "padding">;
  /** One member for each key. */
  init(keys: readonly Key[]): EnsembleParams;
  /** ln p(next token | tokens so far): int32 tokens [batch, time], the same for all members → [member, batch, time, vocabulary], nats. */
  logProbs(params: EnsembleParams, tokens: Tensor, key?: Key): Tensor4D;
}

/** sin and cos of position / 10000^(2i/channels) [Vaswani2017, §3.5]: [time, channel]. */
export function sinusoids(time: number, channels: number): Tensor2D {
  const angle = (t: number, i: number): number => t * Math.exp((-2 * Math.floor(i / 2) * Math.log(10_000)) / channels);
  return tensor2d(
    Array.from({ length: time }, (_, t) => Array.from({ length: channels }, (_, i) => (i % 2 === 0 ? Math.sin : Math.cos)(angle(t, i)))),
    [time, channels],
  );
}

/**
 * Members of one architecture, vectorised over a leading axis: the decoder with norms after each half of a block, x ← norm(x + f(x)), ReLU, √d-scaled
 * token table and sinusoidal positions [Vaswani2017, §3], which the study of rule extrapolation trains [Reizinger2024].
 *
 * The sum of the members' losses has as its gradient each member's own, so that any elementwise optimizer trains all as if alone. Kernels start
 * uniform in ±1/√inputs with biases alike, queries, keys and values in ±√(6/4d) with biases of zero, the table normal. A member's start depends on its
 * key alone; with `rate` above zero its dropout mask depends on the company too.
 *
 * @throws RangeError for a size that is no whole number of at least 1, or channels that heads do not divide; ShapeError for tokens that are not [batch, time ≤ context]
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { key, split } from "@lab/tensor-core";
 * import { postNormEnsemble } from "@lab/nonident";
 * const three = postNormEnsemble({ vocabulary: 5, context: 16, channels: 10, heads: 5, hidden: 8, layers: 1 });
 * three.logProbs(three.init(split(key(0), 3)), tensor2d([[2, 0, 1, 3]], [1, 4], "int32")).shape; // => [ 3, 1, 4, 5 ]
 * ```
 */
export function postNormEnsemble(given: EnsembleOptions): PostNormEnsemble {
  const options = { eps: 6e-3, rate: 0, ...given };
  const { vocabulary, context, channels, heads, hidden, layers, eps, padding, rate } = options;
  for (const [name, value] of Object.entries({ vocabulary, context, channels, heads, hidden, layers })) {
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`Cannot lay out an ensemble: expected ${name} to be a whole number of at least 1, got ${value}`);
  }
  if (channels % heads !== 0) throw new RangeError(`Cannot lay out an ensemble: expected channels to be a multiple of ${heads} heads, got ${channels}`);
  const depth = channels / heads;

  return {
    options,
    init(keys) {
      if (keys.length === 0) throw new RangeError("Cannot start an ensemble: expected at least one key, got none");
      const at = (i: number): readonly Key[] => keys.map((key) => foldIn(key, i));
      const of = keys.length;
      const linear = (i: number, inputs: number, outputs: number): Affine => ({
        kernel: drawn(at(2 * i), [inputs, outputs], 1 / Math.sqrt(inputs)),
        bias: drawn(at(2 * i + 1), [1, outputs], 1 / Math.sqrt(inputs)),
      });
      const norms = (): Norms => ({ scale: ones([of, 1, channels]), bias: zeros([of, 1, channels]) });
      const unbiased = (kernel: Tensor3D, outputs: number): Affine => ({ kernel, bias: zeros([of, 1, outputs]) });
      return {
        table: concat(
          at(0).map((key) => normal(key, [1, vocabulary, channels])),
          0,
        ) as Tensor3D,
        blocks: Array.from({ length: layers }, (_, layer) => ({
          qkv: unbiased(drawn(at(10 * layer + 4), [channels, 3 * channels], Math.sqrt(6 / (4 * channels))), 3 * channels),
          out: unbiased(drawn(at(10 * layer + 6), [channels, channels], 1 / Math.sqrt(channels)), channels),
          attentionNorm: norms(),
          up: linear(5 * layer + 4, channels, hidden),
          down: linear(5 * layer + 5, hidden, channels),
          denseNorm: norms(),
        })),
        head: linear(1, channels, vocabulary),
      };
    },

    logProbs(params, tokens, key) {
      const [batch, time] = tokens.shape as [number, number];
      if (tokens.rank !== 2 || time > context)
        throw new ShapeError(`Cannot apply an ensemble: expected tokens of shape [batch, time ≤ ${context}], got [${tokens.shape.join(", ")}]`);
      const members = params.table.shape[0];
      const flat = batch * time;
      let draws = 0;
      // Where no unit is dropped the ReLU network is the engine's own; attention is, too, where every earlier token is seen.
      const isWhole = key === undefined || rate === 0;
      const dropped = (x: Tensor): Tensor => (key === undefined || rate === 0 ? x : dropout(foldIn(key, draws++), x, { rate }));
      const marks = reshape(oneHot(reshape(tokens, [flat]), vocabulary, 1, 0, "float32"), [1, flat, vocabulary]);
      const places = reshape(tile(sinusoids(time, channels), [batch, 1]), [1, flat, channels]);
      const mask = isWhole && padding === undefined ? undefined : attentionMask(tokens, { heads, padding });
      const ofHeads = (x: Tensor): Tensor =>
        reshape(transpose(reshape(x, [members * batch, time, heads, depth]), [0, 2, 1, 3]), [members, batch * heads, time, depth]);
      const masked = (rows: Tensor, mask: Tensor): Tensor => {
        const [q, k, v] = parts(rows, 3, 2) as [Tensor, Tensor, Tensor];
        const weights = dropped(softmax(add(mul(matMul(ofHeads(q), ofHeads(k), false, true), 1 / Math.sqrt(depth)), mask)));
        return transpose(reshape(matMul(weights, ofHeads(v)), [members * batch, heads, time, depth]), [0, 2, 1, 3]);
      };
      let x = dropped(add(mul(matMul(tile(marks, [members, 1, 1]), params.table), Math.sqrt(channels)), places));
      for (const block of params.blocks) {
        const rows = affine(block.qkv, x);
        const heard = mask === undefined ? selfAttention(reshape(rows, [members * batch, time, 3 * channels]), { heads }) : masked(rows, mask);
        x = normed(block.attentionNorm, add(x, dropped(affine(block.out, reshape(heard, [members, flat, channels])))), eps);
        x = normed(block.denseNorm, add(x, isWhole ? reluNetwork(x, block) : dropped(affine(block.down, dropped(relu(affine(block.up, x)))))), eps);
      }
      return reshape(logSoftmax(affine(params.head, x)), [members, batch, time, vocabulary]);
    },
  };
}

/** 0 where position i may see j: j ≤ i and j no padding; else at most −10⁹: [batch · head, time or 1, time]. */
function attentionMask(tokens: Tensor, { heads, padding }: { readonly heads: number; readonly padding: number | undefined }): Tensor {
  const [batch, time] = tokens.shape as [number, number];
  const causal = reshape(causalMask(time), [1, time, time]);
  if (padding === undefined) return causal;
  const padded = mul(cast(equal(tokens, padding), "float32"), -1e9);
  return add(causal, reshape(tile(reshape(padded, [batch, 1, 1, time]), [1, heads, 1, 1]), [batch * heads, 1, time]));
}
