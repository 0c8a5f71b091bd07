import { mul, type Tensor } from "@tensorflow/tfjs-core";
import { normal, truncatedNormal, uniform } from "../random/draw.ts";
import type { Key } from "../random/key.ts";

/** Starting weights of a shape whose last two axes are inputs and outputs; the axes before them, a convolution's window, count towards both fans. */
export type Initializer = (key: Key, shape: readonly number[]) => Tensor;

/** The standard deviation of N(0, 1) cut at ±2, by which a cut normal is divided. */
const CUT_DEVIATION = 0.8796256610342398;

function fans(shape: readonly number[]): { readonly inputs: number; readonly outputs: number } {
  if (shape.length < 2) throw new RangeError(`Cannot initialise weights: expected a shape that ends in inputs and outputs, got [${shape.join(", ")}]`);
  const window = shape.slice(0, -2).reduce((n, size) => n * size, 1);
  return { inputs: window * shape.at(-2)!, outputs: window * shape.at(-1)! };
}

/**
 * w ~ U(−a, a), a = √(6 / (inputs + outputs)): keeps the variance of signals and gradients through linear and tanh layers [Glorot2010, Equation 16].
 *
 * @throws RangeError for a shape of fewer than two axes
 * @example
 * ```ts
 * import { max } from "@tensorflow/tfjs-core";
 * import { glorotUniform, key } from "@lab/tensor-core";
 * max(glorotUniform(key(0), [3, 3])).dataSync()[0] <= 1; // => true
 * ```
 */
export function glorotUniform(key: Key, shape: readonly number[]): Tensor {
  const { inputs, outputs } = fans(shape);
  const bound = Math.sqrt(6 / (inputs + outputs));
  return uniform(key, shape, { min: -bound, max: bound });
}

/**
 * w ~ N(0, 2 / inputs) cut at two deviations and rescaled: keeps the variance through ReLU layers [He2015, Equation 10].
 *
 * @throws RangeError for a shape of fewer than two axes
 * @example
 * ```ts
 * import { heNormal, key } from "@lab/tensor-core";
 * heNormal(key(0), [5, 5, 1, 6]).shape; // => [ 5, 5, 1, 6 ]
 * ```
 */
export function heNormal(key: Key, shape: readonly number[]): Tensor {
  return mul(truncatedNormal(key, shape), Math.sqrt(2 / fans(shape).inputs) / CUT_DEVIATION);
}

/**
 * w ~ N(0, 1 / inputs) cut at two deviations and rescaled: keeps the variance through linear and SELU layers [LeCun1998b, Equation 16].
 *
 * @throws RangeError for a shape of fewer than two axes
 * @example
 * ```ts
 * import { key, lecunNormal } from "@lab/tensor-core";
 * lecunNormal(key(0), [4, 2]).shape; // => [ 4, 2 ]
 * ```
 */
export function lecunNormal(key: Key, shape: readonly number[]): Tensor {
  return mul(truncatedNormal(key, shape), Math.sqrt(1 / fans(shape).inputs) / CUT_DEVIATION);
}

/**
 * w ~ N(0, deviation²); GPT-2 takes 0.02 for every weight and 0.02 / √(2 · layers) into the residual stream [Radford2019, §2.3].
 *
 * @throws RangeError unless deviation is finite and not negative
 * @example
 * ```ts
 * import { key, normalInitializer } from "@lab/tensor-core";
 * normalInitializer(0.02)(key(0), [2, 2]).shape; // => [ 2, 2 ]
 * ```
 */
export function normalInitializer(deviation: number): Initializer {
  if (!(deviation >= 0 && deviation < Infinity)) throw new RangeError(`Cannot initialise weights: expected a deviation in [0, ∞), got ${deviation}`);
  return (key, shape) => mul(normal(key, shape), deviation);
}
