import { add, exp, mul, neg, square, sub, type Tensor } from "@tensorflow/tfjs-core";

/** N(mean, exp(logScale)²), element by element; the two broadcast. */
export type Normal = { readonly mean: Tensor; readonly logScale: Tensor };

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * ln N(x; μ, σ²) = −½ ((x − μ)/σ)² − ln σ − ½ ln 2π, element by element, nats.
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { normalLogDensity } from "@lab/tensor-core";
 * normalLogDensity(scalar(0), { mean: scalar(0), logScale: scalar(0) }).dataSync()[0].toFixed(6); // => '-0.918939'
 * ```
 */
export function normalLogDensity(x: Tensor, { mean, logScale }: Normal): Tensor {
  const z = mul(sub(x, mean), exp(neg(logScale)));
  return sub(mul(square(z), -0.5), add(logScale, HALF_LOG_TWO_PI));
}
