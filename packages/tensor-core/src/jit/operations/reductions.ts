import * as tf from "@tensorflow/tfjs-core";
import { booleans, distinct, floats, integers, type Operation, type Operations, type Values } from "./operation.ts";

const x = floats([4, 3, 5]);
const apart = distinct([4, 3, 5]);
const flat = (f: Operation["f"], ...inputs: readonly Values[]): Operation => ({ f, inputs, terms: 60 });
const smooth = (f: Operation["f"], ...inputs: readonly Values[]): Operation => ({ ...flat(f, ...inputs), gradient: "every" });

export const reductions: Operations = {
  sum: smooth((a) => tf.sum(a), x),
  "sum over an axis": smooth((a) => tf.sum(a, 1), x),
  "sum over axes, kept": smooth((a) => tf.sum(a, [0, 2], true), x),
  "sum of int32": flat((a) => tf.sum(a, 0), integers([4, 5])),
  "sum of bool": flat((a) => tf.sum(a), booleans([4, 5])),
  mean: smooth((a) => tf.mean(a), x),
  "mean over an axis": smooth((a) => tf.mean(a, -1), x),
  prod: flat((a) => tf.prod(a, 1), x),
  max: smooth((a) => tf.max(a), apart),
  "max over an axis, kept": smooth((a) => tf.max(a, 2, true), apart),
  min: smooth((a) => tf.min(a, [0, 1]), apart),
  argMax: flat((a) => tf.argMax(a, -1), apart),
  argMin: flat((a) => tf.argMin(a, 0), apart),
  all: flat((a) => tf.all(a, 1), booleans([4, 3])),
  any: flat((a) => tf.any(a, 1), booleans([4, 3])),
  logSumExp: smooth((a) => tf.logSumExp(a, -1), x),
  // Along any axis but the last, the gradient of TensorFlow.js has its axes in a wrong order.
  "cumsum along a middle axis": flat((a) => tf.cumsum(a, 1), x),
  cumsum: smooth((a) => tf.cumsum(a, 2), x),
  "cumsum, exclusive and reversed": smooth((a) => tf.cumsum(a, 2, true, true), x),
  cumprod: flat((a) => tf.cumprod(a, 1), x),
  norm: smooth((a) => tf.norm(a), x),
  "moments over axes": { ...smooth((a) => Object.values(tf.moments(a, [0, 1])), x), largest: 4 },
  softmax: smooth((a) => tf.softmax(a), x),
  logSoftmax: { ...smooth((a) => tf.logSoftmax(a), x), largest: 4 },
  topk: flat((a) => Object.values(tf.topk(a, 3)), apart),
  "argMax of a boolean as a float": flat((a) => tf.argMax(tf.cast(a, "float32"), 0), booleans([4, 3])),
  "a variance from its definition": { ...smooth((a) => tf.mean(tf.square(tf.sub(a, tf.mean(a, -1, true))), -1), x), largest: 4 },
  "a bincount": flat((a) => tf.bincount(a, tf.tensor1d([]), 5), integers([20])),
};
