import ndarray from "ndarray";
import { logSumExp, type HostArray } from "@lab/tensor-core";
import { checkedLogProbs, likeliest } from "./predictions.ts";

/**
 * ln p̄(k | x) = ln (1/S) Σ_s p_s(k | x): the prediction of a posterior by S draws, [sample, example, class] → [example, class], nats [Blundell2015, §2].
 *
 * @throws RangeError unless the array has three axes, none of them empty
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { posteriorAverage } from "@lab/sam-vi";
 * const draws = ndarray(new Float32Array([0.2, 0.8, 0.6, 0.4].map(Math.log)), [2, 1, 2]);
 * Array.from(posteriorAverage(draws).data, (x) => Math.exp(x).toFixed(3)); // => [ '0.400', '0.600' ]
 * ```
 */
export function posteriorAverage(draws: HostArray): HostArray {
  const [samples, examples, classes] = checkedDraws("posteriorAverage", draws);
  const mean = new Float32Array(examples * classes);
  for (let i = 0; i < examples; i++)
    for (let k = 0; k < classes; k++) mean[i * classes + k] = logSumExp(Array.from({ length: samples }, (_, s) => draws.get(s, i, k))) - Math.log(samples);
  return ndarray(mean, [examples, classes]);
}

function checkedDraws(caller: string, { shape }: HostArray): readonly [number, number, number] {
  const [samples = 0, examples = 0, classes = 0] = shape;
  if (shape.length !== 3 || Math.min(samples, examples, classes) < 1)
    throw new RangeError(
      `Cannot apply ${caller}: expected an array [sample, example, class] with at least one of each, got one of shape [${shape.join(", ")}]`,
    );
  return [samples, examples, classes];
}

/**
 * maxₖ p(k | x) of each example: how sure a model is, the score of the usual out-of-distribution detector [Hendrycks2017, §2].
 *
 * @throws RangeError unless the array is [example, class]
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { confidence } from "@lab/sam-vi";
 * confidence(ndarray(new Float32Array([0.25, 0.75].map(Math.log)), [1, 2]))[0].toFixed(2); // => '0.75'
 * ```
 */
export function confidence(logProbs: HostArray): Float64Array {
  const { examples } = checkedLogProbs("confidence", logProbs);
  return Float64Array.from({ length: examples }, (_, i) => likeliest(logProbs, i).probability);
}

/**
 * H[p(· | x)] = −Σₖ p ln p of each example, nats; a class of probability zero adds nothing [Cover2006, §2.1].
 *
 * @throws RangeError unless the array is [example, class]
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { predictiveEntropy } from "@lab/sam-vi";
 * predictiveEntropy(ndarray(new Float32Array([0.5, 0.5].map(Math.log)), [1, 2]))[0].toFixed(4); // => '0.6931'
 * ```
 */
export function predictiveEntropy(logProbs: HostArray): Float64Array {
  const { examples, classes } = checkedLogProbs("predictiveEntropy", logProbs);
  return Float64Array.from({ length: examples }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const value = logProbs.get(i, k);
      if (value !== -Infinity) sum -= Math.exp(value) * value;
    }
    return sum;
  });
}

/**
 * H[p̄] − (1/S) Σ_s H[p_s] of each example, nats: what the label would say of the weights, the part of the uncertainty that is not in the data [Houlsby2011, Equation 2].
 *
 * @throws as `posteriorAverage`
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { mutualInformation } from "@lab/sam-vi";
 * const disagreeing = ndarray(new Float32Array([0, -Infinity, -Infinity, 0]), [2, 1, 2]);
 * mutualInformation(disagreeing)[0].toFixed(4); // => '0.6931'
 * ```
 */
export function mutualInformation(draws: HostArray): Float64Array {
  const [samples] = checkedDraws("mutualInformation", draws);
  const within = Array.from({ length: samples }, (_, s) => predictiveEntropy(draws.pick(s, null, null)));
  return predictiveEntropy(posteriorAverage(draws)).map((total, i) => total - within.reduce((sum, each) => sum + each[i]!, 0) / samples);
}
