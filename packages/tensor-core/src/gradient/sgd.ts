import { scaleByLearningRate, type CountState } from "./learning-rate.ts";
import type { Schedule } from "./schedule.ts";
import type { GradientTransform } from "./transform.ts";

/**
 * u = −η g: gradient descent, stochastic where the gradient is a batch's [Robbins1951].
 *
 * @throws RangeError unless a fixed learning rate is finite and not negative
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * const transform = sgd(0.5);
 * const params = { x: scalar(1) };
 * transform.update({ x: scalar(4) }, transform.init(params), params)[0].x.dataSync()[0]; // => -2
 * ```
 */
export function sgd(learningRate: number | Schedule): GradientTransform<CountState> {
  return scaleByLearningRate(learningRate);
}
