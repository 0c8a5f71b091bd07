import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, oneHot, sum, tensor1d, tidy, train, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, normal } from "@lab/tensor-core";
import { cifar10, fullBatch } from "@lab/tensor-core/data";
import { expect, it } from "vitest";
import { asam, resnet18, sam } from "./index.ts";

await engine();

it("resnet18() has the 11 173 962 trained weights of its table, and gives probabilities", () => {
  const network = resnet18();
  const count = network.trainableWeights.reduce((n, { shape }) => n + shape.reduce<number>((product, size) => product * size!, 1), 0);
  expect(count).toBe(11_173_962);
  network.dispose();
  const small = resnet18({ width: 2, classes: 3, image: [16, 16, 1] });
  const sums = tidy(() => [...sum(small.predict(normal(key(0), [2, 16, 16, 1])) as Tensor, 1).dataSync()]);
  for (const each of sums) expect(each).toBeCloseTo(1, 5);
  small.dispose();
  expect(() => resnet18({ width: 0 })).toThrow("expected width to be a whole number of at least 1, got 0");
});

it("resnet18() learns a few images under sam(), and leaks nothing on the way", async () => {
  const network = resnet18({ width: 4, image: [16, 16, 3] });
  network.compile({ optimizer: sam(train.momentum(0.05, 0.9), { rho: 0.05 }), loss: "categoricalCrossentropy" });
  const [x, y] = [
    normal(key(1), [16, 16, 16, 3]),
    oneHot(
      tensor1d(
        Array.from({ length: 16 }, (_, i) => i % 10),
        "int32",
      ),
      10,
    ),
  ];
  const losses: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < 8; i++) {
    losses.push((await network.trainOnBatch(x, y)) as number);
    counts.push(memory().numTensors);
  }
  expect(Math.min(...losses.slice(-3))).toBeLessThan(0.3 * losses[0]!);
  expect(new Set(counts.slice(2)).size).toBe(1);
  network.dispose();
});

it("resnet18() trains on files of CIFAR-10's binary format under asam()", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cifar10-"));
  // Each class has a brightness of its own.
  const record = (_: unknown, k: number): number[] => [k % 10, ...Array.from({ length: 3072 }, (_unused, i) => (25 * (k % 10) + (i % 7)) % 256)];
  for (let i = 1; i <= 5; i++) await writeFile(join(folder, `data_batch_${i}.bin`), Uint8Array.from(Array.from({ length: 4 }, record).flat()));
  const { images, labels } = fullBatch(await cifar10({ folder, standardise: true }));
  const network = resnet18({ width: 2 });
  network.compile({ optimizer: asam(train.momentum(0.05, 0.9), { rho: 0.1 }), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  const { history } = await network.fit(images, oneHot(labels, 10), { batchSize: 10, epochs: 9, verbose: 0 });
  const losses = history["loss"] as number[];
  expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);
  await rm(folder, { recursive: true });
});
