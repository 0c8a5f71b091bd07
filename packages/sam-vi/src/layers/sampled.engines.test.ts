import { mean, scalar, square, sub, tensor2d, tidy, train } from "@tensorflow/tfjs-core";
import { input, layers, model as functional, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { engine } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { mfvi, randomSam, sampled } from "./index.ts";

await engine();

/** y = w x + b with w = 1, b = 0. */
function line(optimizer = randomSam(train.sgd(0.1), { rho: 0.5 })): LayersModel {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: "ones" })] });
  model.compile({ optimizer, loss: "meanSquaredError" });
  return model;
}

it("sampled() has the mean and the variance of the posterior, and leaves the weights as they are", () => {
  const model = line();
  const draws = tidy(() => [...sampled(model, tensor2d([[2]]), { samples: 2000, seed: 3 }).dataSync()]);
  // y = 2w + b, with variance 0.25/2 in each of two weights: 4·0.125 + 0.125.
  expectation(draws, 2, { ess: 1000 });
  expectation(
    draws.map((y) => (y - 2) ** 2),
    0.625,
    { ess: 1000 },
  );
  expect(model.getWeights().map((w) => w.dataSync()[0])).toEqual([1, 0]);
});

it("sampled() gives the same for the same seed, and draws from learned scales", async () => {
  const model = line(mfvi(train.sgd(0.5), { n: 1, rho: 1e-3 }));
  const [x, y] = [tensor2d([[1], [2]]), tensor2d([[1], [2]])];
  const spread = (): number => tidy(() => mean(square(sub(sampled(model, x, { samples: 50 }), x))).dataSync()[0]!);
  const before = spread();
  expect(spread()).toBe(before);
  // At n = 1 the KL pulls σ from 0.0007 towards 1.
  await model.fit(x, y, { epochs: 5, verbose: 0 });
  expect(spread()).toBeGreaterThan(4 * before);
});

it("sampled() restores the weights when the model throws, and refuses what it cannot sample", () => {
  const model = line();
  expect(() => sampled(model, tensor2d([[1, 2]]))).toThrow("shape");
  expect(model.getWeights().map((w) => w.dataSync()[0])).toEqual([1, 0]);
  expect(() => sampled(model, scalar(1), { samples: 0 })).toThrow("a whole number of samples of at least 1, got 0");
  const plain = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
  plain.compile({ optimizer: "sgd", loss: "meanSquaredError" });
  expect(() => sampled(plain, tensor2d([[1]]))).toThrow("compiled with an optimizer of @lab/sam-vi/layers");
  const x = input({ shape: [1] });
  const two = functional({ inputs: x, outputs: [1, 2].map((units) => layers.dense({ units }).apply(x)) as never });
  two.compile({ optimizer: randomSam(train.sgd(0.1)), loss: "meanSquaredError" });
  expect(() => sampled(two, tensor2d([[1]]))).toThrow("expected a model with one output, got 2");
});
