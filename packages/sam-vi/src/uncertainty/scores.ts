import { compensatedSum } from "@lab/tensor-core";
import { checkedPredictions, likeliest, type Predictions } from "./predictions.ts";

/**
 * The share of examples whose likeliest class is their own, in [0, 1]. The first of equally likely classes counts; an example with NaN is wrong.
 *
 * @throws RangeError for no examples, labels that are none, or another shape
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { meanAccuracy } from "@lab/sam-vi";
 * meanAccuracy({ logProbs: ndarray(new Float32Array([-0.1, -2.4, -0.7, -0.7]), [2, 2]), labels: [0, 1] }); // => 0.5
 * ```
 */
export function meanAccuracy(predictions: Predictions): number {
  const { examples } = checkedPredictions("meanAccuracy", predictions);
  const { logProbs, labels } = predictions;
  return compensatedSum(Array.from({ length: examples }, (_, i) => correct(logProbs, labels[i]!, i))) / examples;
}

/** 1 if an example's likeliest class is its own, else 0; NaN is on the wrong side. */
export function correct(logProbs: Predictions["logProbs"], label: number, example: number): number {
  const best = likeliest(logProbs, example);
  return !Number.isNaN(best.probability) && best.label === label ? 1 : 0;
}

/**
 * NLL = −(1/n) Σ ln p(yᵢ | xᵢ), nats per example: a proper score, ∞ where a true class had no chance [Gneiting2007, §4.1].
 *
 * Of a posterior, score the averaged predictions of `posteriorAverage`: the mean of the draws' NLLs is larger.
 *
 * @throws as `meanAccuracy`
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { meanLogLoss } from "@lab/sam-vi";
 * meanLogLoss({ logProbs: ndarray(new Float32Array([-0.5, -1, -3, -1.5]), [2, 2]), labels: [0, 1] }); // => 1
 * ```
 */
export function meanLogLoss(predictions: Predictions): number {
  const { examples } = checkedPredictions("meanLogLoss", predictions);
  const { logProbs, labels } = predictions;
  return -compensatedSum(Array.from({ length: examples }, (_, i) => logProbs.get(i, labels[i]!))) / examples;
}

/**
 * (1/n) Σᵢ Σₖ (p(k | xᵢ) − 1[yᵢ = k])², in [0, 2]: the Brier score over all classes, a proper score [Brier1950, Equation 2].
 *
 * Some divide by two or, for two classes, look at one of them: theirs is half of this.
 *
 * @throws as `meanAccuracy`
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { brierScore } from "@lab/sam-vi";
 * brierScore({ logProbs: ndarray(new Float32Array([Math.log(0.5), Math.log(0.5)]), [1, 2]), labels: [0] }).toFixed(4); // => '0.5000'
 * ```
 */
export function brierScore(predictions: Predictions): number {
  const { examples, classes } = checkedPredictions("brierScore", predictions);
  const { logProbs, labels } = predictions;
  const terms = Array.from({ length: examples }, (_, i) =>
    compensatedSum(Array.from({ length: classes }, (_, k) => (Math.exp(logProbs.get(i, k)) - (labels[i] === k ? 1 : 0)) ** 2)),
  );
  return compensatedSum(terms) / examples;
}
