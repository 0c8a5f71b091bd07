import { add, exp, expm1, logSoftmax, mul, square, sub, sum, neg, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { map, type Params } from "../tree/tree.ts";
import { total, type MeanField } from "./mean-field.ts";
import type { Normal } from "./normal.ts";

/**
 * KL(q ‖ p) = ½ (e^u − 1 − u + ((μ_q − μ_p)/σ_p)²) with u = 2 ln(σ_q/σ_p), of two normals element by element, nats [Kullback1951].
 *
 * e^u − 1 by expm1: near q = p each of the two terms is small by itself, not the difference of large ones.
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { normalKl } from "@lab/tensor-core";
 * const at = (mean: number) => ({ mean: scalar(mean), logScale: scalar(0) });
 * normalKl(at(2), at(0)).dataSync()[0]; // => 2
 * ```
 */
export function normalKl(q: Normal, p: Normal): Tensor {
  const u = mul(sub(q.logScale, p.logScale), 2);
  const shift = mul(sub(q.mean, p.mean), exp(neg(p.logScale)));
  return mul(add(sub(expm1(u), u), square(shift)), 0.5);
}

/**
 * KL(q ‖ p) = Σᵢ KL(N(μᵢ, σᵢ²) ‖ N(μ⁰ᵢ, σ⁰ᵢ²)) of two mean-field Gaussians over one tree, nats: a scalar.
 *
 * A float32 sum: fit for training. A certificate sums in float64.
 *
 * @throws TypeError where the trees differ
 * @example
 * ```ts
 * import { ones, zeros } from "@tensorflow/tfjs-core";
 * import { meanField, meanFieldKl } from "@lab/tensor-core";
 * meanFieldKl(meanField({ w: ones([4]) }, { scale: 1 }), meanField({ w: zeros([4]) }, { scale: 1 })).dataSync()[0]; // => 2
 * ```
 */
export function meanFieldKl<P extends Params>(q: MeanField<P>, p: MeanField<P>): Scalar {
  return total(map((m, l, m0, l0) => normalKl({ mean: m, logScale: l }, { mean: m0, logScale: l0 }), q.mean, q.logScale, p.mean, p.logScale));
}

/**
 * KL(q ‖ p) = Σ_c q(c) (ln q(c) − ln p(c)), q and p the softmax of logits over the last axis, nats: [..., class] → [...].
 *
 * @example
 * ```ts
 * import { tensor2d, zeros } from "@tensorflow/tfjs-core";
 * import { categoricalKl } from "@lab/tensor-core";
 * categoricalKl(tensor2d([[0, Math.log(3)]]), zeros([1, 2])).dataSync()[0].toFixed(6); // => '0.130812'
 * ```
 */
export function categoricalKl(q: Tensor, p: Tensor): Tensor {
  const [logQ, logP] = [logSoftmax(q), logSoftmax(p)];
  return sum(mul(exp(logQ), sub(logQ, logP)), -1);
}
