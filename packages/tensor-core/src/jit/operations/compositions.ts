import * as tf from "@tensorflow/tfjs-core";
import { floats, integers, type Operations } from "./operation.ts";

const x = floats([4, 6]);
type T = tf.Tensor;

const layerNorm = (a: T, gain: T, shift: T): T => {
  const centred = tf.sub(a, tf.mean(a, -1, true));
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5))), gain), shift);
};

const attention = (q: T, k: T, v: T): T => {
  const scores = tf.mul(tf.matMul(q, k, false, true), 0.5);
  const [time] = scores.shape.slice(-1) as [number];
  const causal = tf.greaterEqual(tf.reshape(tf.range(0, time), [time, 1]), tf.range(0, time));
  return tf.matMul(tf.softmax(tf.where(causal, scores, tf.fill(scores.shape, -1e9))), v);
};

const gelu = (a: T): T => tf.mul(tf.mul(a, 0.5), tf.add(tf.erf(tf.div(a, Math.SQRT2)), 1));

/** Adam's first step, with its count as a tensor. */
const adam = (g: T, m: T, v: T, count: T): T => {
  const mean = tf.add(tf.mul(m, 0.9), tf.mul(g, 0.1));
  const square = tf.add(tf.mul(v, 0.999), tf.mul(tf.square(g), 0.001));
  const corrected = (moment: T, decay: number): T => tf.div(moment, tf.sub(1, tf.pow(decay, count)));
  return tf.div(corrected(mean, 0.9), tf.add(tf.sqrt(corrected(square, 0.999)), 1e-8));
};

export const compositions: Operations = {
  "a layer norm": { f: layerNorm, inputs: [x, floats([6], { salt: 1 }), floats([6], { salt: 2 })], terms: 24, largest: 16, gradient: "every" },
  "causal attention": {
    f: attention,
    inputs: [floats([2, 5, 4]), floats([2, 5, 4], { salt: 1 }), floats([2, 5, 4], { salt: 2 })],
    terms: 20,
    gradient: "every",
  },
  "a GELU by erf": { f: gelu, inputs: [x], largest: 2, gradient: "every" },
  "the cross-entropy of integer labels": {
    f: (a, i) => tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(tf.oneHot(i, 6), "float32"), tf.logSoftmax(a)), -1))),
    inputs: [x, integers([4], { max: 6 })],
    terms: 12,
    largest: 4,
    gradient: [0],
  },
  softmaxCrossEntropy: {
    f: (a, i) => tf.losses.softmaxCrossEntropy(tf.oneHot(i, 6), a),
    inputs: [x, integers([4], { max: 6 })],
    terms: 12,
    largest: 4,
    gradient: [0],
  },
  "a bounded loss of a two-layer network": {
    f: (a, w, b, v) => tf.sigmoid(tf.matMul(tf.relu(tf.add(tf.matMul(a, w), b)), v)),
    inputs: [x, floats([6, 8], { salt: 1 }), floats([8], { salt: 2 }), floats([8, 3], { salt: 3 })],
    terms: 32,
    largest: 4,
    gradient: "every",
  },
  "an Adam step": { f: adam, inputs: [x, floats([4, 6], { salt: 1 }), floats([4, 6], { min: 0.01, salt: 2 }), floats([], { min: 1, max: 9 })], largest: 256 },
  "a global norm and a clip by it": {
    f: (a, b) => {
      const length = tf.sqrt(tf.add(tf.sum(tf.square(a)), tf.sum(tf.square(b))));
      return [tf.div(a, tf.maximum(length, 1)), tf.div(b, tf.maximum(length, 1))];
    },
    inputs: [x, floats([7], { salt: 1 })],
    terms: 31,
    gradient: "every",
  },
  "an accept or reject": {
    f: (a, b, u) => tf.where(tf.less(tf.log(u), tf.sub(tf.sum(a), tf.sum(b))), a, b),
    inputs: [x, floats([4, 6], { salt: 1 }), floats([], { min: 0.01, max: 1 })],
  },
  "a KL of mean-field Gaussians": {
    f: (m, s) => tf.sum(tf.sub(tf.mul(tf.add(tf.square(m), tf.exp(tf.mul(s, 2))), 0.5), tf.add(s, 0.5))),
    inputs: [x, floats([4, 6], { salt: 1 })],
    terms: 24,
    largest: 4,
    gradient: "every",
  },
};
