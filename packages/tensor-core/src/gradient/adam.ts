import { add, cast, div, expm1, mul, neg, rsqrt, sqrt, square, sub, type Scalar } from "@tensorflow/tfjs-core";
import { zerosLike } from "../tree/arithmetic.ts";
import { map, type Params } from "../tree/tree.ts";
import { increment, scaleByLearningRate, zeroCount, type CountState } from "./learning-rate.ts";
import type { Schedule } from "./schedule.ts";
import { chain, type GradientTransform } from "./transform.ts";
import { addDecayedWeights, type Among } from "./weight-decay.ts";

/** t, an int32 scalar; m and v, trees like the parameters. */
export type AdamState = { readonly count: Scalar; readonly mu: Params; readonly nu: Params };

/** β₁, β₂ and ε. */
export type AdamOptions = { readonly b1?: number; readonly b2?: number; readonly eps?: number };

/**
 * 1 − βᵗ = −expm1(t ln β): exact where 1 − βᵗ would lose four of its seven digits, at t = 1 and β = 0.999.
 */
function correction(beta: number, count: Scalar): Scalar {
  // ln 0 = −∞ times t ≥ 1 is −∞: the correction is 1, as it should be.
  return neg(expm1(mul(count, Math.log(beta))));
}

/**
 * m ← m + (1 − β₁)(g − m); v ← v + (1 − β₂)(g² − v); u = m̂ / (√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ) [Kingma2015, Algorithm 1].
 *
 * @throws RangeError unless 0 ≤ b1 < 1, 0 ≤ b2 < 1 and eps ≥ 0
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { scaleByAdam } from "@lab/tensor-core";
 * const transform = scaleByAdam();
 * const params = { x: scalar(0) };
 * const [updates] = transform.update({ x: scalar(-8) }, transform.init(params), params);
 * updates.x.dataSync()[0].toFixed(4); // => '-1.0000'
 * ```
 */
export function scaleByAdam({ b1 = 0.9, b2 = 0.999, eps = 1e-8 }: AdamOptions = {}): GradientTransform<AdamState> {
  for (const [name, beta] of Object.entries({ b1, b2 })) {
    if (!(beta >= 0 && beta < 1)) throw new RangeError(`Cannot scale by Adam: expected ${name} in [0, 1), got ${beta}`);
  }
  if (!(eps >= 0)) throw new RangeError(`Cannot scale by Adam: expected eps ≥ 0, got ${eps}`);
  return {
    init: (params) => ({ count: zeroCount(), mu: zerosLike(params), nu: zerosLike(params) }),
    update(grads, state) {
      const count = increment(state.count);
      const t = cast(count, "float32") as Scalar;
      const first = correction(b1, t);
      const root = rsqrt(correction(b2, t));
      const mu = map((m, g) => add(m, mul(sub(g, m), 1 - b1)), state.mu, grads);
      const nu = map((v, g) => add(v, mul(sub(square(g), v), 1 - b2)), state.nu, grads);
      const updates = map((_, m, v) => div(m, mul(add(mul(sqrt(v), root), eps), first)), grads, mu, nu);
      return [updates, { count, mu, nu }];
    },
  };
}

/**
 * u = −η m̂ / (√v̂ + ε) [Kingma2015, Algorithm 1].
 *
 * @throws RangeError for a β outside [0, 1), a negative eps or a negative learning rate
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { adam } from "@lab/tensor-core";
 * const transform = adam(0.5);
 * const params = { x: scalar(0) };
 * transform.update({ x: scalar(3) }, transform.init(params), params)[0].x.dataSync()[0].toFixed(4); // => '-0.5000'
 * ```
 */
export function adam(learningRate: number | Schedule, options: AdamOptions = {}): GradientTransform<readonly [AdamState, CountState]> {
  return chain(scaleByAdam(options), scaleByLearningRate(learningRate));
}

/**
 * u = −η (m̂ / (√v̂ + ε) + λ θ): decay that is not divided by √v̂ [Loshchilov2019, Algorithm 2, in optax's scaling: λ is multiplied by η].
 *
 * @throws RangeError as `adam`, and for a negative weight decay
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { adamw } from "@lab/tensor-core";
 * const transform = adamw(0.5, { weightDecay: 0.5 });
 * const params = { x: scalar(2) };
 * transform.update({ x: scalar(0) }, transform.init(params), params)[0].x.dataSync()[0]; // => -0.5
 * ```
 */
export function adamw(
  learningRate: number | Schedule,
  { weightDecay = 1e-4, among, ...options }: AdamOptions & { readonly weightDecay?: number; readonly among?: Among } = {},
): GradientTransform<readonly [AdamState, Record<never, never>, CountState]> {
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay, among === undefined ? {} : { among }), scaleByLearningRate(learningRate));
}
