import { add, div, mul, sqrt, type Tensor } from "@tensorflow/tfjs-core";
import { map, normalLike, sub, add as plus, tensors, type Key, type Params } from "@lab/tensor-core";
import { alongChains, chainDot } from "./chain-sums.ts";

/** The kinetic energy ½ pᵀ D p, D diagonal: the inverse of the masses. */
export interface Metric<P extends Params> {
  /** p ~ N(0, D⁻¹) in the shape of a position. */
  momentum(key: Key, position: P): P;
  /** D p, the velocity. */
  velocity(momentum: P): P;
  /** √D of each leaf, which harmonic motion needs: a number or a tensor that broadcasts against it. */
  frequency(leaf: number): number | Tensor;
}

/**
 * D = I: unit masses [Neal2011, §2.1], right in whitened coordinates.
 *
 * @example
 * ```ts
 * import { identity } from "@lab/pacbayes";
 * identity().frequency(0); // => 1
 * ```
 */
export function identity<P extends Params>(): Metric<P> {
  return { momentum: normalLike, velocity: (p) => p, frequency: () => 1 };
}

/**
 * D = diag(v): masses 1/v, with v near the variances of the target [Neal2011, §4.1]. Leaves broadcast against those of the position, [chain, …] or [1, …].
 *
 * @throws TypeError if v has not the structure of the position
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { diagonal } from "@lab/pacbayes";
 * diagonal({ x: tensor2d([[4, 9]]) }).velocity({ x: tensor2d([[1, 1]]) }).x.dataSync(); // => Float32Array(2) [ 4, 9 ]
 * ```
 */
export function diagonal<P extends Params>(variance: P): Metric<P> {
  const leaves = tensors(variance);
  return {
    momentum: (key, position) => map((z, v) => div(z, sqrt(v)), normalLike(key, position), variance),
    velocity: (p) => map((x, v) => mul(x, v), p, variance),
    frequency: (leaf) => sqrt(leaves[leaf]!),
  };
}

/** A metric, or one for the inverse temperatures [chain] of the chains. */
export type MetricAt<P extends Params> = Metric<P> | ((lambda: Tensor) => Metric<P>);

/** The metric of chains at these λ. */
export function metricAt<P extends Params>(metric: MetricAt<P>, lambda: Tensor): Metric<P> {
  return typeof metric === "function" ? metric(lambda) : metric;
}

/**
 * D_λ = 1/(1 + λh): the variances of ρ_λ ∝ e^{−λU} N(0, I) if U had the constant diagonal Hessian h, so that one h serves a whole ladder. Leaves [1, …], not
 * negative.
 *
 * @example
 * ```ts
 * import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
 * import { curved } from "@lab/pacbayes";
 * const metric = curved({ u: tensor2d([[0, 3]]) })(tensor1d([1]));
 * metric.velocity({ u: tensor2d([[1, 1]]) }).u.dataSync(); // => Float32Array(2) [ 1, 0.25 ]
 * ```
 */
export function curved<P extends Params>(curvature: P): (lambda: Tensor) => Metric<P> {
  return (lambda) => diagonal(map((h) => div(1, add(1, mul(h, alongChains(lambda, h)))), curvature));
}

/**
 * ½⟨D (p′ − p), p′ + p⟩ of each chain, [chain]: the change of the kinetic energy, subtracted before it is summed.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { identity, kineticChange } from "@lab/pacbayes";
 * kineticChange(identity(), { u: tensor2d([[1, 1]]) }, { u: tensor2d([[3, 1]]) }).dataSync(); // => Float32Array(1) [ 4 ]
 * ```
 */
export function kineticChange<P extends Params>(metric: Metric<P>, before: P, after: P): Tensor {
  return mul(chainDot(metric.velocity(sub(after, before)), plus(after, before)), 0.5);
}
