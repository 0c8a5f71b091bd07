import * as tf from "@tensorflow/tfjs-core";
import { floats, integers, type Operation, type Operations, type Values } from "./operation.ts";

const a = floats([4, 7]);
const b = floats([7, 3], { salt: 1 });
const batched = floats([2, 4, 7]);
const smooth = (terms: number, f: Operation["f"], ...inputs: readonly Values[]): Operation => ({ f, inputs, terms, gradient: "every", largest: 2 });

const transposes = Object.fromEntries(
  [true, false].flatMap((s) =>
    [true, false].map((t) => [
      `batched matMul, ${s ? "transposed" : "plain"} by ${t ? "transposed" : "plain"}`,
      smooth(7, (x, y) => tf.matMul(x, y, s, t), floats(s ? [2, 7, 4] : [2, 4, 7]), floats(t ? [2, 3, 7] : [2, 7, 3], { salt: 1 })),
    ]),
  ),
);

export const linear: Operations = {
  matMul: smooth(7, (x, y) => tf.matMul(x, y), a, b),
  "matMul with a transposed first operand": smooth(7, (x, y) => tf.matMul(x, y, true), floats([7, 4]), b),
  "matMul with a transposed second operand": smooth(7, (x, y) => tf.matMul(x, y, false, true), a, floats([3, 7], { salt: 1 })),
  ...transposes,
  "matMul that broadcasts a matrix over a batch": smooth(8, (x, y) => tf.matMul(x, tf.tile(tf.expandDims(y, 0), [2, 1, 1])), batched, b),
  "matMul of rank four": smooth(7, (x, y) => tf.matMul(x, y, false, true), floats([2, 3, 4, 7]), floats([2, 3, 5, 7], { salt: 1 })),
  // The gradient of TensorFlow.js does not sum over what an operand of matMul was broadcast along.
  "matMul of a batch of one by a batch": { f: (x, y) => tf.matMul(x, y), inputs: [floats([1, 4, 7]), floats([2, 7, 3], { salt: 1 })], terms: 7 },
  "matMul of a matrix by a batch": { f: (x, y) => tf.matMul(x, y), inputs: [a, floats([2, 7, 3], { salt: 1 })], terms: 7 },
  dot: smooth(7, (x, y) => tf.dot(x, y), floats([7]), b),
  outerProduct: smooth(4, (x, y) => tf.outerProduct(x, y), floats([4]), floats([3], { salt: 1 })),
  einsum: { f: (x, y) => tf.einsum("bij,jk->bik", x, y), inputs: [batched, b], terms: 7 },
  "einsum to a trace": { f: (x, y) => tf.einsum("ij,ij->", x, y), inputs: [a, floats([4, 7], { salt: 2 })], terms: 28 },
  conv2d: smooth(75, (x, w) => tf.conv2d(x, w, 1, "same"), floats([2, 6, 6, 3]), floats([3, 3, 3, 4], { salt: 1 })),
  "conv2d with strides": smooth(75, (x, w) => tf.conv2d(x, w, [2, 1], "valid"), floats([2, 7, 6, 3]), floats([3, 3, 3, 4], { salt: 1 })),
  conv1d: smooth(60, (x, w) => tf.conv1d(x, w, 1, "same"), floats([2, 8, 3]), floats([3, 3, 4], { salt: 1 })),
  conv2dTranspose: smooth(75, (x, w) => tf.conv2dTranspose(x, w, [2, 8, 8, 3], 2, "same"), floats([2, 4, 4, 4]), floats([3, 3, 3, 4], { salt: 1 })),
  depthwiseConv2d: smooth(75, (x, w) => tf.depthwiseConv2d(x, w, 1, "same"), floats([2, 6, 6, 3]), floats([3, 3, 3, 2], { salt: 1 })),
  separableConv2d: smooth(
    90,
    (x, d, p) => tf.separableConv2d(x, d, p, 1, "same"),
    floats([1, 5, 5, 3]),
    floats([3, 3, 3, 2], { salt: 1 }),
    floats([1, 1, 6, 4], { salt: 2 }),
  ),
  maxPool: smooth(9, (x) => tf.maxPool(x, 2, 2, "valid"), floats([2, 6, 6, 3])),
  "maxPool with padding and overlap": smooth(9, (x) => tf.maxPool(x, 3, 2, "same"), floats([2, 6, 6, 3])),
  avgPool: smooth(9, (x) => tf.avgPool(x, 2, 2, "valid"), floats([2, 6, 6, 3])),
  "avgPool with padding and overlap": smooth(9, (x) => tf.avgPool(x, 3, 2, "same"), floats([2, 6, 6, 3])),
  resizeBilinear: smooth(16, (x) => tf.image.resizeBilinear(x, [6, 8]), floats([1, 3, 4, 2])),
  resizeNearestNeighbor: smooth(16, (x) => tf.image.resizeNearestNeighbor(x, [6, 8]), floats([1, 3, 4, 2])),
  "fused matMul with bias and relu": smooth(7, (x, w, c) => tf.fused.matMul({ a: x, b: w, bias: c, activation: "relu" }), a, b, floats([3], { salt: 2 })),
  "fused conv2d with bias and relu": smooth(
    75,
    (x, w, c) => tf.fused.conv2d({ x, filter: w, strides: 1, pad: "same", bias: c, activation: "relu" }),
    floats([2, 5, 5, 3]),
    floats([3, 3, 3, 4], { salt: 1 }),
    floats([4], { salt: 2 }),
  ),
  "fused depthwiseConv2d with bias": smooth(
    75,
    (x, w, c) => tf.fused.depthwiseConv2d({ x, filter: w, strides: 1, pad: "same", bias: c }),
    floats([1, 5, 5, 3]),
    floats([3, 3, 3, 1], { salt: 1 }),
    floats([3], { salt: 2 }),
  ),
  batchNorm: {
    ...smooth(
      24,
      (x, m, v, o, s) => tf.batchNorm(x, m, v, o, s),
      floats([2, 3, 4, 5]),
      floats([5]),
      floats([5], { min: 0.5, max: 2 }),
      floats([5], { salt: 1 }),
      floats([5], { salt: 2 }),
    ),
    largest: 4,
  },
  localResponseNormalization: smooth(8, (x) => tf.localResponseNormalization(x, 2), floats([1, 3, 3, 5])),
  "an embedding and its head": {
    f: (table, i) => tf.matMul(tf.gather(table, i), table, false, true),
    inputs: [floats([6, 4]), integers([5], { max: 6 })],
    terms: 30,
    gradient: [0],
  },
};
