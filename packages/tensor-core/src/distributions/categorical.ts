import { logSoftmax, mul, neg, sum, exp, type Tensor } from "@tensorflow/tfjs-core";
import { negativeLogLikelihood } from "../nn/cross-entropy.ts";

/**
 * ln p(c), p = softmax(logits) over the last axis, nats: int32 classes [...] under logits [..., class] → [...].
 *
 * @throws ShapeError unless the classes fit the logits; TypeError unless they are int32
 * @example
 * ```ts
 * import { tensor1d, zeros } from "@tensorflow/tfjs-core";
 * import { categoricalLogDensity } from "@lab/tensor-core";
 * categoricalLogDensity(tensor1d([1], "int32"), zeros([1, 4])).dataSync()[0].toFixed(4); // => '-1.3863'
 * ```
 */
export function categoricalLogDensity(classes: Tensor, logits: Tensor): Tensor {
  return neg(negativeLogLikelihood(logits, classes));
}

/**
 * H(p) = −Σ p ln p, p = softmax(logits) over the last axis, nats: [..., class] → [...]. Logits of −∞ are not allowed.
 *
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { categoricalEntropy } from "@lab/tensor-core";
 * categoricalEntropy(zeros([1, 4])).dataSync()[0].toFixed(4); // => '1.3863'
 * ```
 */
export function categoricalEntropy(logits: Tensor): Tensor {
  const logProbs = logSoftmax(logits);
  return neg(sum(mul(exp(logProbs), logProbs), -1));
}
