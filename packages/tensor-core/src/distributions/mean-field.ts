import { add as plus, exp, fill, mul, onesLike, type Scalar } from "@tensorflow/tfjs-core";
import { normalLike } from "../random/draw.ts";
import type { Key } from "../random/key.ts";
import { dot } from "../tree/arithmetic.ts";
import { map, tensors, type Params } from "../tree/tree.ts";
import { normalLogDensity } from "./normal.ts";

/** A Gaussian with independent coordinates over a parameter tree: N(mean, diag(exp(logScale))²). Itself a parameter tree. */
export type MeanField<P extends Params> = { readonly mean: P; readonly logScale: P };

/**
 * N(mean, scale² I) over a tree.
 *
 * @throws RangeError unless scale is positive and finite
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { meanField } from "@lab/tensor-core";
 * meanField({ w: zeros([2]) }, { scale: 1 }).logScale.w.dataSync(); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export function meanField<P extends Params>(mean: P, { scale }: { readonly scale: number }): MeanField<P> {
  if (!(scale > 0 && scale < Infinity)) throw new RangeError(`Cannot spread a mean-field Gaussian: expected a scale in (0, ∞), got ${scale}`);
  return { mean, logScale: map((x) => fill(x.shape, Math.log(scale)), mean) };
}

/**
 * mean + σ ⊙ z, z ~ N(0, I): a draw that is differentiable in mean and logScale [Kingma2014, §2.4].
 *
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key, meanField, meanFieldDraw } from "@lab/tensor-core";
 * meanFieldDraw(key(0), meanField({ w: zeros([3]) }, { scale: 0.1 })).w.shape; // => [ 3 ]
 * ```
 */
export function meanFieldDraw<P extends Params>(key: Key, { mean, logScale }: MeanField<P>): P {
  return map((m, l, z) => plus(m, mul(exp(l), z)), mean, logScale, normalLike(key, mean));
}

/**
 * ln q(θ) = Σᵢ ln N(θᵢ; meanᵢ, exp(logScaleᵢ)²), nats: a scalar.
 *
 * @throws TypeError where the trees differ
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { meanField, meanFieldLogDensity } from "@lab/tensor-core";
 * const q = meanField({ w: zeros([2]) }, { scale: 1 });
 * meanFieldLogDensity({ w: zeros([2]) }, q).dataSync()[0].toFixed(6); // => '-1.837877'
 * ```
 */
export function meanFieldLogDensity<P extends Params>(position: P, { mean, logScale }: MeanField<P>): Scalar {
  return total(map((x, m, l) => normalLogDensity(x, { mean: m, logScale: l }), position, mean, logScale));
}

/** The sum of all elements of a tree with at least one tensor. */
export function total(tree: Params): Scalar {
  if (tensors(tree).length === 0) throw new TypeError("Cannot sum a tree: expected at least one tensor, got none");
  return dot(
    tree,
    map((x) => onesLike(x), tree),
  );
}
