import {
  add,
  expandDims,
  less,
  matMul,
  mul,
  range,
  reshape,
  softmax,
  split as parts,
  sub,
  sum,
  transpose,
  where,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { split } from "../random/split.ts";
import { axes } from "../shapes.ts";
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
export function attended(q: Tensor, k: Tensor, v: Tensor, mask: Tensor = causalMask(q.shape[2]!)): Tensor {
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
  const depth = channels / heads;
  const qkv = dense(channels, 3 * channels, { kernel });
  const out = dense(channels, channels, { kernel: outKernel });
  return {
    init(key) {
      const [a, b] = split(key);
      return { qkv: qkv.init(a), out: out.init(b) };
    },
    apply(params, x) {
      const { batch, time } = axes("attention", [x, `batch time ${channels}`]);
      const ofHeads = (rows: Tensor): Tensor => transpose(reshape(rows, [batch, time, heads, depth]), [0, 2, 1, 3]);
      const [q, k, v] = parts(qkv.apply(params.qkv, reshape(x, [batch * time, channels])), 3, 1) as [Tensor, Tensor, Tensor];
      const heard = attended(ofHeads(mul(q, 1 / Math.sqrt(depth))), ofHeads(k), ofHeads(v));
      const mixed = reshape(transpose(heard, [0, 2, 1, 3]), [batch * time, channels]);
      return reshape(out.apply(params.out, mixed), [batch, time, channels]);
    },
  };
}
