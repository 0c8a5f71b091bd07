import { argMax, cast, equal, exp, expandDims, log, max, mean, mul, oneHot, reshape, sub, sum, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { ShapeError } from "../shapes.ts";
import { withGradient } from "./with-gradient.ts";

function classes(caller: string, logits: Tensor, labels: Tensor): number {
  const [expected, got] = [logits.shape.slice(0, -1).join(", "), labels.shape.join(", ")];
  if (logits.rank === 0 || expected !== got)
    throw new ShapeError(`Cannot apply ${caller}: expected labels of shape [${expected}] for logits of shape [${logits.shape.join(", ")}], got [${got}]`);
  if (labels.dtype !== "int32") throw new TypeError(`Cannot apply ${caller}: expected int32 labels, got ${labels.dtype}`);
  return logits.shape.at(-1)!;
}

/** The mean of no examples is no number. */
function someExamples(caller: string, labels: Tensor): void {
  if (labels.size === 0) throw new RangeError(`Cannot apply ${caller}: expected at least one example, got labels of shape [${labels.shape.join(", ")}]`);
}

/**
 * −ln p(y), p = softmax(z): ln Σⱼ exp(zⱼ − max z) − (z_y − max z), one value per example, nats. Logits [..., class] and int32 labels [...] → [...].
 *
 * The derivative is p − 1_y, in one pass. Labels are not checked: one outside [0, class) counts as a class of logit max z.
 *
 * @throws ShapeError unless the labels fit the logits; TypeError unless they are int32
 * @example
 * ```ts
 * import { tensor1d, zeros } from "@tensorflow/tfjs-core";
 * import { negativeLogLikelihood } from "@lab/tensor-core";
 * negativeLogLikelihood(zeros([1, 2]), tensor1d([0], "int32")).dataSync()[0].toFixed(4); // => '0.6931'
 * ```
 */
export function negativeLogLikelihood(logits: Tensor, labels: Tensor): Tensor {
  const depth = classes("negativeLogLikelihood", logits, labels);
  const rows = reshape(logits, [labels.size, depth]);
  return reshape(hasOwnOperations() ? inOnePass(rows, reshape(labels, [labels.size])) : composed(rows, labels, depth), labels.shape);
}

const inOnePass = (rows: Tensor, labels: Tensor): Tensor =>
  withGradient(([z], save) => {
    const [value, most, rest] = ownOperation("LabCrossEntropy", [z!, labels], { results: 3 });
    save([z!, labels, most!, rest!]);
    return { value: value!, gradFunc: (dy, saved) => ownOperation("LabCrossEntropyGrad", [...saved, dy]) };
  })(rows);

function composed(rows: Tensor, labels: Tensor, depth: number): Tensor {
  return withGradient(([z], save) => {
    const target = oneHot(reshape(labels, [labels.size]), depth, 1, 0, "float32");
    const top = max(z!, -1, true);
    const centred = sub(z!, top);
    const total = log(sum(exp(centred), -1, true));
    save([z!, top, total, target]);
    return {
      value: sub(reshape(total, [labels.size]), sum(mul(centred, target), -1)),
      gradFunc: (dy, [z, top, total, target]) => [mul(sub(exp(sub(sub(z!, top!), total!)), target!), expandDims(dy, -1))],
    };
  })(rows);
}

/**
 * The mean of −ln softmax(logits)[label] over all examples, nats: a scalar. Logits [..., class], int32 labels [...].
 *
 * @throws ShapeError unless the labels fit the logits; TypeError unless they are int32; RangeError for an empty batch
 * @example
 * ```ts
 * import { tensor1d, zeros } from "@tensorflow/tfjs-core";
 * import { softmaxCrossEntropy } from "@lab/tensor-core";
 * softmaxCrossEntropy(zeros([3, 10]), tensor1d([0, 4, 9], "int32")).dataSync()[0].toFixed(4); // => '2.3026'
 * ```
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Scalar {
  someExamples("softmaxCrossEntropy", labels);
  return mean(negativeLogLikelihood(logits, labels));
}

/**
 * The share of examples whose largest logit is the label's, in [0, 1]: a scalar. Logits [..., class], int32 labels [...]. The first of equal logits counts.
 *
 * @throws ShapeError unless the labels fit the logits; TypeError unless they are int32; RangeError for an empty batch
 * @example
 * ```ts
 * import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
 * import { accuracy } from "@lab/tensor-core";
 * accuracy(tensor2d([[2, 1], [0, 3]]), tensor1d([0, 0], "int32")).dataSync()[0]; // => 0.5
 * ```
 */
export function accuracy(logits: Tensor, labels: Tensor): Scalar {
  classes("accuracy", logits, labels);
  someExamples("accuracy", labels);
  return mean(cast(equal(cast(argMax(logits, -1), "int32"), labels), "float32"));
}
