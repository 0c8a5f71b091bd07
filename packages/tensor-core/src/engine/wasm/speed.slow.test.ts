import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import type { Wasm } from "./backend.ts";
import { startBoth } from "./against-cpu.ts";

beforeAll(startBoth);

/** The least of several times, in milliseconds: other work on the machine only ever adds. */
function least(repeats: number, f: () => tf.Tensor): number {
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    f().dispose();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

// The heap's own kernel takes 8 to 12 times as long with a transposed operand; the bounds leave room for noise.
test("a product with a transposed operand takes less than 3 times as long as without", async () => {
  await tf.setBackend("wasm");
  const [x, w, dy] = [tf.randomUniform([4000, 784]), tf.randomUniform([784, 100]), tf.randomUniform([4000, 100])];
  const plain = least(7, () => tf.matMul(x, w));
  expect(least(7, () => tf.matMul(x, dy, true)) / plain).toBeLessThan(3);
  expect(least(7, () => tf.matMul(dy, w, false, true)) / plain).toBeLessThan(3);
  tf.dispose([x, w, dy]);
});

test("a batch of products takes less than 5 times as long as one product of as many operations", async () => {
  await tf.setBackend("wasm");
  const [x, y] = [tf.randomUniform([32, 128, 64]), tf.randomUniform([32, 64, 128])] as [tf.Tensor3D, tf.Tensor3D];
  const [a, b] = [tf.reshape(x, [32 * 128, 64]), tf.randomUniform([64, 128])];
  expect(least(15, () => tf.matMul(x, y)) / least(15, () => tf.matMul(a, b))).toBeLessThan(5);
  tf.dispose([x, y, a, b]);
});

test("2 000 gradients of a network with a convolution leave the heap as large as 200 did", async () => {
  await tf.setBackend("wasm");
  const heap = (): number => (tf.backend() as unknown as Wasm & { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
  const [x, filter, w] = [tf.randomUniform([8, 12, 12, 2]), tf.randomUniform([3, 3, 2, 4]), tf.randomUniform([144, 10])];
  const loss = (f: tf.Tensor, v: tf.Tensor): tf.Scalar => {
    const hidden = tf.maxPool(tf.relu(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same")), 2, 2, "same");
    return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.range(0, 8, 1, "int32"), 10), tf.matMul(tf.reshape(hidden, [8, 144]), v)) as tf.Scalar;
  };
  const gradient = tf.grads(loss as (...xs: tf.Tensor[]) => tf.Scalar);
  const run = (steps: number): void => {
    for (let i = 0; i < steps; i++) {
      // Fresh tensors each time, as an optimizer makes them: packed weights must go with theirs.
      const params = [tf.mul(filter, 1), tf.mul(w, 1)];
      tf.dispose([...gradient(params), ...params]);
    }
  };
  run(200);
  const [before, tensors] = [heap(), tf.memory().numTensors];
  run(1800);
  expect(heap()).toBe(before);
  expect(tf.memory().numTensors).toBe(tensors);
});
