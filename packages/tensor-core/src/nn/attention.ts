import {
  add,
  expandDims,
  less,
  lessEqual,
  matMul,
  mul,
  range,
  reshape,
  softmax,
  split as parts,
  sub,
  sum,
  tile,
  transpose,
  where,
  zeros,
  type Rank,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { split } from "../random/split.ts";
import { axes, ShapeError } from "../shapes.ts";
import { checkedSize, dense, type DenseParams } from "./dense.ts";
import { normalInitializer, type Initializer } from "./initializer.ts";
import type { Model } from "./model.ts";
import { withGradient } from "./with-gradient.ts";

/** Queries, keys and values by one product, and the way out. */
export type AttentionParams = { readonly qkv: DenseParams; readonly out: DenseParams };

export type AttentionOptions = {
  readonly heads: number;
  readonly kernel?: Initializer;
  /** Of the way out, which GPT-2 starts smaller the more layers there are. */
  readonly outKernel?: Initializer;
};

/**
 * 0 where position j ≤ i, else −10⁹, which leaves no weight after softmax: [time, time].
 *
 * @example
 * ```ts
 * import { causalMask } from "@lab/tensor-core";
 * causalMask(2).dataSync(); // => Float32Array(4) [ 0, -1000000000, 0, 0 ]
 * ```
 */
export function causalMask(time: number): Tensor2D {
  const position = range(0, time, 1, "float32");
  return where(less(expandDims(position, 1), expandDims(position, 0)), -1e9, 0) as Tensor2D;
}

/**
 * softmax(Q Kᵀ + mask) V over the last two axes, [batch, head, time, depth]; the queries are scaled already. The mask is added, not differentiated.
 *
 * dS = P ⊙ (dP − rowsum(dP ⊙ P)), and rowsum(dP ⊙ P) = rowsum(dY ⊙ Y), a sum over depth in place of time [Dao2022, Appendix B.2].
 */
function attended(q: Tensor, k: Tensor, v: Tensor, mask: Tensor = causalMask(q.shape[2]!)): Tensor {
  return withGradient(([q, k, v], save) => {
    const weights = softmax(add(matMul(q!, k!, false, true), mask));
    const value = matMul(weights, v!);
    save([q!, k!, v!, weights, value]);
    return {
      value,
      gradFunc: (dy, [q, k, v, weights, y]) => {
        const scores = mul(weights!, sub(matMul(dy, v!, false, true), sum(mul(dy, y!), -1, true)));
        return [matMul(scores, k!), matMul(scores, q!, true), matMul(weights!, dy, true)];
      },
    };
  })(q, k, v);
}

/** How rows of queries, keys and values are cut, and which positions see each other. */
export type SelfAttentionOptions = {
  readonly heads: number;
  /** Heads of keys and values, each shared by a group of heads: as many as heads unless told. */
  readonly keyValueHeads?: number;
  /** Which document each position belongs to, int32 [batch, time], where there are several: they see nothing of each other. */
  readonly segments?: Tensor2D | undefined;
  /** The same, and that no position sees later ones, as 0 or −10⁹, [..., time, time]: causal unless told. */
  readonly mask?: () => Tensor;
};

type Heads = { readonly heads: number; readonly keyValueHeads: number };

/** Queries, scaled, keys and values of rows [batch, time, (heads + 2 keyValueHeads) · depth], each [batch, head, time, depth]. */
function headsOf(rows: Tensor, { heads, keyValueHeads }: Heads): readonly [Tensor, Tensor, Tensor] {
  const [batch, time, width] = rows.shape as [number, number, number];
  const depth = width / (heads + 2 * keyValueHeads);
  const [q, k, v] = parts(rows, [heads * depth, keyValueHeads * depth, keyValueHeads * depth], 2) as [Tensor, Tensor, Tensor];
  const turned = (x: Tensor, count: number): Tensor => transpose(reshape(x, [batch, time, count, depth]), [0, 2, 1, 3]);
  return [turned(mul(q, 1 / Math.sqrt(depth)), heads), turned(k, keyValueHeads), turned(v, keyValueHeads)];
}

/** What all heads hear beside each other: [batch, head, time, depth] → [batch, time, head · depth]. */
function besideEachOther(heard: Tensor): Tensor {
  const [batch, heads, time, depth] = heard.shape as [number, number, number, number];
  return reshape(transpose(heard, [0, 2, 1, 3]), [batch, time, heads * depth]);
}

/**
 * softmax(q Kᵀ + mask) V where several heads of queries share a head of keys and values [Ainslie2023, §2.2]: a group's queries are rows of one product.
 * The mask is [time, time] or [batch, 1, time, time].
 *
 * @throws ShapeError unless heads is a multiple of the heads of keys and values
 */
function groupedAttention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor): Tensor {
  const [batch, heads, time, depth] = q.shape as [number, number, number, number];
  const shared = k.shape[1]!;
  if (shared === heads) return attended(q, k, v, mask);
  const group = heads / shared;
  if (!Number.isInteger(group)) throw new ShapeError(`Cannot attend: expected heads that ${shared} heads of keys divide, got ${heads}`);
  const rows = tile(mask, [...mask.shape.slice(0, -2).map(() => 1), group, 1]);
  return reshape(attended(reshape(q, [batch, shared, group * time, depth]), k, v, rows), [batch, heads, time, depth]);
}

const inOnePass = (rows: Tensor, { heads, keyValueHeads }: Heads, segments: Tensor2D = zeros<Rank.R2>([0, 0], "int32")): Tensor => {
  const counts = { heads, shared: keyValueHeads };
  return withGradient(([rows], save) => {
    const [value, total] = ownOperation("LabAttention", [rows!, segments], { results: 2, ...counts });
    save([rows!, segments, value!, total!]);
    return { value: value!, gradFunc: (dy, saved) => ownOperation("LabAttentionGrad", [...saved, dy], counts) };
  })(rows);
};

/** Where the keys and values lie that new tokens attend to, their own among them: `lengths` of each stream were there before. */
export type Cached = {
  /** [stream, capacity, 2 · keyValueHeads · depth], keys before values. */
  readonly cache: Tensor;
  readonly lengths: Tensor1D;
  readonly heads: number;
  readonly keyValueHeads: number;
};

/**
 * softmax(Q Kᵀ/√d) V over a cache, where new token t of a stream sees slots up to lengths + t: rows of queries, keys and values, as for `selfAttention`,
 * [stream, time, (heads + 2 keyValueHeads) · depth] → [stream, time, heads · depth]. It has no gradient.
 */
export function cachedAttention(rows: Tensor, { cache, lengths, heads, keyValueHeads }: Cached): Tensor {
  if (hasOwnOperations()) return ownOperation("LabCachedAttention", [rows, cache, lengths], { heads, shared: keyValueHeads })[0]!;
  const [streams, time, width] = rows.shape as [number, number, number];
  const [capacity, depth] = [cache.shape[1]!, width / (heads + 2 * keyValueHeads)];
  const [keys, values] = parts(reshape(cache, [streams, capacity, 2 * keyValueHeads, depth]), 2, 2) as [Tensor, Tensor];
  const positions = add(expandDims(lengths, 1), expandDims(range(0, time, 1, "int32"), 0));
  const visible = lessEqual(reshape(range(0, capacity, 1, "int32"), [1, 1, capacity]), expandDims(positions, 2));
  const mask = reshape(where(visible, 0, -1e9), [streams, 1, time, capacity]);
  const [k, v] = [keys, values].map((x) => transpose(x, [0, 2, 1, 3])) as [Tensor, Tensor];
  return besideEachOther(groupedAttention(headsOf(rows, { heads, keyValueHeads })[0], k, v, mask));
}

/**
 * softmax(Q Kᵀ/√d + mask) V of all heads, causal [Vaswani2017, Equation 1]: rows of queries, keys and values beside each other,
 * [batch, time, (heads + 2 · key-value heads) · d] → [batch, time, heads · d].
 *
 * One pass over memory forwards and one backwards where the engine has the kernel for it; queries and keys that are infinite give NaN.
 *
 * @throws ShapeError unless the width of the rows is a multiple of heads + 2 · key-value heads, and heads one of key-value heads
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { selfAttention } from "@lab/tensor-core";
 * selfAttention(zeros([1, 5, 12]), { heads: 2 }).shape; // => [ 1, 5, 4 ]
 * ```
 */
export function selfAttention(rows: Tensor, { heads, keyValueHeads = heads, segments, mask }: SelfAttentionOptions): Tensor {
  const [time, width] = rows.shape.slice(-2) as [number, number];
  if (rows.rank !== 3 || width % (heads + 2 * keyValueHeads) !== 0 || heads % keyValueHeads !== 0)
    throw new ShapeError(
      `Cannot attend: expected rows [batch, time, a multiple of ${heads + 2 * keyValueHeads}] of ${heads} heads that ${keyValueHeads} of keys divide, got [${rows.shape.join(", ")}]`,
    );
  const counts = { heads, keyValueHeads };
  if (hasOwnOperations()) return inOnePass(rows, counts, segments);
  const [q, k, v] = headsOf(rows, counts);
  return besideEachOther(groupedAttention(q, k, v, mask?.() ?? causalMask(time)));
}

/**
 * softmax(Q Kᵀ/√d + mask) V per head, causal: position i sees positions up to i [Vaswani2017, Equation 1 and §3.2.2].
 *
 * [batch, time, channel] → [batch, time, channel]; d = channels / heads.
 *
 * @throws RangeError unless channels is a multiple of heads; ShapeError unless the input is [batch, time, channels]
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { attention, key } from "@lab/tensor-core";
 * const layer = attention(8, { heads: 2 });
 * layer.apply(layer.init(key(0)), zeros([1, 5, 8])).shape; // => [ 1, 5, 8 ]
 * ```
 */
export function attention(
  channels: number,
  { heads, kernel = normalInitializer(0.02), outKernel = kernel }: AttentionOptions,
): Model<AttentionParams, Tensor, Tensor3D> {
  checkedSize("attention", "channels", channels);
  checkedSize("attention", "heads", heads);
  if (channels % heads !== 0) throw new RangeError(`Cannot lay out attention: expected channels to be a multiple of ${heads} heads, got ${channels}`);
  const qkv = dense(channels, 3 * channels, { kernel });
  const out = dense(channels, channels, { kernel: outKernel });
  return {
    init(key) {
      const [a, b] = split(key);
      return { qkv: qkv.init(a), out: out.init(b) };
    },
    apply(params, x) {
      const { batch, time } = axes("attention", [x, `batch time ${channels}`]);
      const rows = reshape(qkv.apply(params.qkv, reshape(x, [batch * time, channels])), [batch, time, 3 * channels]);
      const heard = selfAttention(rows, { heads });
      return reshape(out.apply(params.out, reshape(heard, [batch * time, channels])), [batch, time, channels]);
    },
  };
}
