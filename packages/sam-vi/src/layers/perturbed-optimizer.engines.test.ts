import { io, mean, memory, mul, ones, square, squaredDifference, sub, sum, tensor1d, tensor2d, train, variable, zeros } from "@tensorflow/tfjs-core";
import { add, tidy, type serialization, type Optimizer, type Scalar, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { array, zip } from "@tensorflow/tfjs-data";
import { initializers, layers, loadLayersModel, sequential, type Sequential } from "@tensorflow/tfjs-layers";
import { engine, key, momentum, own, run, scoped, sgd, tensors, type Objective } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { mfvi as mfviOnTrees, mixSam as mixSamOnTrees, sam as samOnTrees } from "../named.ts";
import { asam, mfvi, mixSam, PerturbedOptimizer, randomSam, sam, trainedOnBatch, variationalSam, type Weights } from "./index.ts";

await engine();

const XS = Array.from({ length: 24 }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(2 * i + 1)]);
const YS = XS.map(([a, b]) => [a! > b! ? 1 : 0, a! > b! ? 0 : 1]);
const x = (): Tensor => tensor2d(XS);
const y = (): Tensor => tensor2d(YS);

/** Two dense layers, with what meets the statistics of a batch and what draws, if asked for. */
function network({ normalised = false, dropped = false } = {}): Sequential {
  const kernelInitializer = (seed: number) => initializers.glorotUniform({ seed });
  return sequential({
    layers: [
      layers.dense({ units: 5, inputShape: [3], activation: "tanh", kernelInitializer: kernelInitializer(1) }),
      ...(normalised ? [layers.batchNormalization({ momentum: 0.9 })] : []),
      ...(dropped ? [layers.dropout({ rate: 0.4, seed: 3 })] : []),
      layers.dense({ units: 2, activation: "softmax", kernelInitializer: kernelInitializer(2) }),
    ],
  });
}
const numbers = (model: Sequential): number[] => model.getWeights().flatMap((w) => [...w.dataSync()]);

type Fitted = { readonly weights: number[]; readonly history: { readonly [name: string]: (number | Tensor)[] } };

/** Weights and history after `fit`; everything is disposed of. */
async function fitted(
  optimizer: () => Optimizer,
  { epochs = 2, metrics = ["accuracy"], ...shape }: { epochs?: number; metrics?: string[]; normalised?: boolean; dropped?: boolean } = {},
): Promise<Fitted> {
  const model = network(shape);
  model.compile({ optimizer: optimizer(), loss: "categoricalCrossentropy", metrics });
  const [inputs, labels] = [x(), y()];
  const { history } = await model.fit(inputs, labels, { epochs, batchSize: 8, shuffle: false, verbose: 0 });
  const weights = numbers(model);
  model.optimizer.dispose();
  model.dispose();
  inputs.dispose();
  labels.dispose();
  return { weights, history };
}

describe("PerturbedOptimizer in LayersModel.fit", () => {
  it("sam() at ρ = 0 is its base, bit for bit, with batch normalisation and seeded dropout", async () => {
    const shape = { normalised: true, dropped: true, epochs: 4 };
    const plain = await fitted(() => train.momentum(0.1, 0.9), shape);
    const zero = await fitted(() => sam(train.momentum(0.1, 0.9), { rho: 0 }), shape);
    expect(zero.weights).toEqual(plain.weights);
    expect(zero.history).toEqual(plain.history);
  });

  it("moving statistics are updated once a step, by the clean weights", async () => {
    // Where the base moves nothing, all that ρ may change is nothing at all.
    const still = await fitted(() => train.sgd(0), { normalised: true });
    for (const optimizer of [() => sam(train.sgd(0), { rho: 2 }), () => mixSam(train.sgd(0), { rho: 2 })])
      expect((await fitted(optimizer, { normalised: true })).weights).toEqual(still.weights);
  });

  it("fit() reports loss and metrics of the clean weights, as the base does", async () => {
    const still = await fitted(() => train.sgd(0), { metrics: ["accuracy", "mse"] });
    const moved = await fitted(() => sam(train.sgd(0), { rho: 5 }), { metrics: ["accuracy", "mse"] });
    expect(moved.history).toEqual(still.history);
  });

  it("every optimizer leaks nothing in fit(), fitDataset() and trainOnBatch(), with and without metrics", async () => {
    const wrapped: readonly ((base: Optimizer) => PerturbedOptimizer)[] = [
      (base) => sam(base),
      (base) => asam(base, { weightDecay: 0.01, clipNorm: 1 }),
      (base) => randomSam(base),
      (base) => mixSam(base),
      (base) => mfvi(base, { n: 24 }),
      (base) => variationalSam(base, { n: 24 }),
    ];
    for (const wrap of wrapped)
      for (const metrics of [[], ["accuracy", "mse"]]) {
        const model = network({ normalised: true });
        model.compile({ optimizer: wrap(train.adam(0.01)), loss: "categoricalCrossentropy", metrics });
        const [inputs, labels] = [x(), y()];
        const data = zip({ xs: array(XS), ys: array(YS) }).batch(12);
        const counts: number[] = [];
        for (let round = 0; round < 3; round++) {
          await model.fit(inputs, labels, { batchSize: 12, verbose: 0 });
          await model.fitDataset(data, { epochs: 1, verbose: 0 });
          await model.trainOnBatch(inputs, labels);
          counts.push(memory().numTensors);
        }
        expect(new Set(counts.slice(1)).size, `${metrics.length} metrics: ${counts.join()}`).toBe(1);
        model.optimizer.dispose();
        model.dispose();
        inputs.dispose();
        labels.dispose();
      }
  });

  it("trainOnBatch() returns loss and metrics of the clean weights first, then the metrics of the second pass", async () => {
    const model = network();
    model.compile({ optimizer: sam(train.sgd(0), { rho: 50 }), loss: "categoricalCrossentropy", metrics: ["mse"] });
    const [loss, mse] = (model.evaluate(x(), y()) as Tensor[]).map((each) => each.dataSync()[0]!);
    const seen = (await model.trainOnBatch(x(), y())) as number[];
    expect(seen).toHaveLength(3);
    expect(seen[0]).toBeCloseTo(loss!, 5);
    expect(seen[1]).toBeCloseTo(mse!, 5);
    expect(Math.abs(seen[2]! - mse!)).toBeGreaterThan(0.01);
  });

  it("trainedOnBatch() takes the step of trainOnBatch() and names loss and metrics once each, without leaks", async () => {
    const [model, same] = [network({ normalised: true }), network({ normalised: true })];
    for (const each of [model, same])
      each.compile({ optimizer: sam(train.momentum(0.1, 0.9), { rho: 1 }), loss: "categoricalCrossentropy", metrics: ["accuracy", "mse"] });
    const [inputs, labels] = [x(), y()];
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      const seen = await trainedOnBatch(model, inputs, labels);
      const [loss, acc, mse] = (await same.trainOnBatch(inputs, labels)) as number[];
      expect(seen).toEqual({ loss, acc, mse });
      counts.push(memory().numTensors);
    }
    expect(numbers(model)).toEqual(numbers(same));
    expect(new Set(counts.slice(1)).size).toBe(1);
    // A single number, not a list, where nothing but the loss is measured.
    model.compile({ optimizer: sam(train.sgd(0)), loss: "categoricalCrossentropy" });
    expect(Object.keys(await trainedOnBatch(model, inputs, labels))).toEqual(["loss"]);
    for (const each of [model, same]) each.dispose();
    inputs.dispose();
    labels.dispose();
  });

  it("dispose() frees all that the optimizer held", () => {
    noLeaks(() => {
      const w = held(() => tensor1d([1, 2]));
      const optimizer = mfvi(train.sgd(0.1), { n: 10 });
      for (let i = 0; i < 3; i++) optimizer.minimize(() => sum(square(w)), false, [w]);
      optimizer.dispose();
      w.dispose();
    });
  });
});

/** A variable of these numbers, without the tensor that they come in. */
const held = (values: () => Tensor): Variable => tidy(() => variable(values()));

/** ‖Xw − y‖²/n over weights [3] and [1]. */
const targets = XS.map(([a, b, c]) => a! - 2 * b! + 0.5 * c! + 0.3);
const lossOf = (weights: readonly Tensor[]): Scalar =>
  tidy(() => mean(squaredDifference(add(sum(mul(tensor2d(XS), weights[0]!), 1), weights[1]!), tensor1d(targets))));
const objective: Objective<Weights, void> = ({ weights }) => lossOf(weights);
const start = (): Weights => ({ weights: [tensor1d([0.5, -0.5, 1]), tensor1d([0.1])] });

/** The weights after each of `steps` calls of minimize. */
function minimised(make: () => Optimizer, steps: number, left = 0): number[][] {
  const before = memory().numTensors;
  const seen = (() => {
    const optimizer = make();
    const variables = scoped(() => start().weights.map((w) => variable(w)));
    const seen = Array.from({ length: steps }, () => {
      optimizer.minimize(() => lossOf(variables), false, variables);
      return variables.flatMap((w) => [...w.dataSync()]);
    });
    for (const each of variables) each.dispose();
    optimizer.dispose();
    return seen;
  })();
  // TensorFlow.js's momentum does not free its learning rate.
  expect(memory().numTensors - before).toBe(left);
  return seen;
}

describe("PerturbedOptimizer and the form on trees", () => {
  const STEPS = 12;
  for (const [name, optimizer, algorithm] of [
    ["sam()", () => sam(train.sgd(0.1), { rho: 0.3 }), samOnTrees(objective, { rho: 0.3, transform: sgd(0.1) })],
    ["mixSam()", () => mixSam(train.sgd(0.1), { rho: 0.3, seed: 5 }), mixSamOnTrees(objective, { rho: 0.3, transform: sgd(0.1) })],
    [
      "mfvi()",
      () => mfvi(train.sgd(0.1), { n: 10, rho: 0.3, prior: { mean: 0.2, scale: 2 }, seed: 5 }),
      mfviOnTrees(objective, { n: 10, rho: 0.3, prior: { mean: 0.2, scale: 2 }, transform: sgd(0.1) }),
    ],
  ] as const)
    it(`${name} takes the steps of the algorithm of the same name on trees`, async () => {
      const ours = minimised(optimizer, STEPS);
      using at = own(start);
      using result = await run(algorithm, at.value, {
        key: key(5),
        steps: STEPS,
        jit: false,
        record: ({ posterior }) => ({ a: posterior.mean.weights[0]!, b: posterior.mean.weights[1]! }),
      });
      // Rounding in another order over a dozen contracting steps: not derived, a hundred unit roundoffs.
      ours.forEach((weights, i) =>
        weights.forEach((w, j) => expect(Math.abs(w - (j < 3 ? result.trace.a.get(i, j) : result.trace.b.get(i, 0)))).toBeLessThan(1e-5)),
      );
      expect(Math.abs(ours[0]![0]! - 0.5)).toBeGreaterThan(1e-2);
    });

  it("sam() with momentum steps as momentum on trees", async () => {
    const ours = minimised(() => sam(train.momentum(0.05, 0.9), { rho: 0.2 }), 5, 1);
    using at = own(start);
    using result = await run(samOnTrees(objective, { rho: 0.2, transform: momentum(0.05) }), at.value, { key: key(0), steps: 5, jit: false });
    const theirs = tensors(result.state.value.posterior.mean).flatMap((w) => [...w.dataSync()]);
    ours.at(-1)!.forEach((w, j) => expect(w).toBeCloseTo(theirs[j]!, 5));
  });

  it("asam() meets the loss at ρ T² ⊙ g/‖T ⊙ g‖, T = |w| + η for kernels and 1 for biases", () => {
    const [w, b] = [
      [2, -1, 0.5, 4],
      [0.5, -2],
    ];
    const [kernel, bias] = [held(() => tensor2d(w, [2, 2])), held(() => tensor1d(b))];
    const optimizer = asam(train.sgd(1), { rho: 0.1, eta: 0.01 });
    // ∇(½‖·‖²) is the point itself, so that one step of size one leads from x to x − (x + ε) = −ε.
    optimizer.minimize(() => mul(add(sum(square(kernel)), sum(square(bias))), 0.5), false, [kernel, bias]);
    const t = [...w.map((x) => Math.abs(x) + 0.01), 1, 1];
    const g = [...w, ...b];
    const length = Math.hypot(...g.map((x, i) => x * t[i]!));
    [...kernel.dataSync(), ...bias.dataSync()].forEach((x, i) => expect(x).toBeCloseTo((-0.1 * t[i]! ** 2 * g[i]!) / length, 6));
    kernel.dispose();
    bias.dispose();
  });

  it("variationalSam() moves ln σ by g₁ ⊙ σ ⊙ u and its KL", async () => {
    const w = held(() => tensor1d([3, 4]));
    const [n, rho, rate] = [10, 0.5, 0.1];
    const optimizer = variationalSam(train.sgd(rate), { n, rho });
    optimizer.minimize(() => mul(sum(square(w)), 0.5), false, [w]);
    const sigma = rho / Math.SQRT2;
    const offset = [3, 4].map((g) => (rho * g) / 5);
    const [, scales] = await optimizer.getWeights();
    w.dataSync().forEach((x, i) => expect(x).toBeCloseTo([3, 4][i]! - rate * ([3, 4][i]! + offset[i]! + [3, 4][i]! / n), 5));
    scales!.tensor.dataSync().forEach((l: number, i: number) => {
      const grad = ([3, 4][i]! + offset[i]!) * offset[i]! + (sigma ** 2 - 1) / n;
      expect(l).toBeCloseTo(Math.log(sigma) - rate * grad, 5);
    });
    optimizer.dispose();
    w.dispose();
  });

  it("weightDecay and clipNorm change what the base receives, not the direction", () => {
    const step = (settings: { weightDecay?: number; clipNorm?: number }): number[] => {
      const w = held(() => tensor1d([3, 4]));
      sam(train.sgd(1), { rho: 1, ...settings }).minimize(() => mul(sum(square(w)), 0.5), false, [w]);
      const seen = [...w.dataSync()];
      w.dispose();
      return seen;
    };
    step({ weightDecay: 0.5 }).forEach((x, i) => expect(x).toBeCloseTo([-0.6 - 1.5, -0.8 - 2][i]!, 5));
    step({ clipNorm: 2 }).forEach((x, i) => expect(x).toBeCloseTo([3 - 1.2, 4 - 1.6][i]!, 5));
    step({ clipNorm: 100 }).forEach((x, i) => expect(x).toBeCloseTo([-0.6, -0.8][i]!, 5));
  });
});

describe("PerturbedOptimizer at the edges", () => {
  const weight = (): Variable => held(() => tensor1d([3, 4]));

  it("weights are restored, and nothing leaks, when the loss throws in either pass", () => {
    for (const failing of [1, 2])
      noLeaks(() => {
        const w = weight();
        let calls = 0;
        const loss = (): Scalar => {
          if (++calls === failing) throw new Error("mine");
          return sum(square(w));
        };
        const optimizer = sam(train.sgd(0.1), { rho: 1 });
        expect(() => optimizer.minimize(loss, false, [w])).toThrow("mine");
        expect([...w.dataSync()]).toEqual([3, 4]);
        optimizer.dispose();
        w.dispose();
      });
  });

  it("weights are perturbed only while the loss is evaluated: a checkpoint at any batch is clean", async () => {
    const model = network();
    const seen: number[][] = [];
    const observing = (): void => void seen.push(numbers(model));
    model.compile({ optimizer: sam(train.sgd(0), { rho: 3 }), loss: "categoricalCrossentropy" });
    const before = numbers(model);
    await model.fit(x(), y(), {
      batchSize: 8,
      verbose: 0,
      yieldEvery: "batch",
      callbacks: { onBatchBegin: observing, onBatchEnd: observing, onYield: observing },
    });
    expect(seen.length).toBeGreaterThanOrEqual(6);
    for (const weights of seen) expect(weights).toEqual(before);
  });

  it("a variable that the loss ignores stays as it is, and shifts no slot", () => {
    const [used, unused, last] = [weight(), weight(), weight()];
    const optimizer = sam(train.momentum(0.1, 0.9), { rho: 0.5 });
    for (let i = 0; i < 3; i++) optimizer.minimize(() => add(sum(square(used)), sum(square(last))), false, [used, unused, last]);
    expect([...unused.dataSync()]).toEqual([3, 4]);
    expect([...used.dataSync()]).toEqual([...last.dataSync()]);
    for (const each of [used, unused, last]) each.dispose();
  });

  it("a zero gradient perturbs nothing, and a NaN reaches the base as one", () => {
    const w = held(() => zeros([2]));
    sam(train.sgd(0.1)).minimize(() => sum(square(w)), false, [w]);
    expect([...w.dataSync()]).toEqual([0, 0]);
    sam(train.sgd(0.1)).minimize(() => mul(sum(square(sub(w, 1))), NaN), false, [w]);
    expect([...w.dataSync()]).toEqual([NaN, NaN]);
    w.dispose();
  });

  it("minimize() returns the clean loss or null, and frees what it does not return", () => {
    noLeaks(() => {
      const w = weight();
      const optimizer = sam(train.sgd(0), { rho: 2 });
      const cost = optimizer.minimize(() => sum(square(w)), true, [w])!;
      expect(cost.dataSync()[0]).toBe(25);
      cost.dispose();
      expect(optimizer.minimize(() => sum(square(w)), false, [w])).toBeNull();
      optimizer.dispose();
      w.dispose();
    });
  });

  it("minimize() without variables takes all that are trainable, as other optimizers do", () => {
    const w = weight();
    sam(train.sgd(0.1), { rho: 0 }).minimize(() => sum(square(w)));
    expect(w.dataSync()[0]).toBeCloseTo(2.4, 5);
    w.dispose();
  });

  it("what is no optimizer, or perturbs already, is refused with its name", () => {
    expect(() => sam("sgd" as unknown as Optimizer)).toThrow('expected an optimizer such as tf.train.momentum(0.1, 0.9), got "sgd"');
    expect(() => sam(sam(train.sgd(0.1)))).toThrow("got one that perturbs");
    for (const rho of [-1, NaN, Infinity]) expect(() => sam(train.sgd(0.1), { rho })).toThrow(`expected rho in [0, ∞), got ${rho}`);
    expect(() => mfvi(train.sgd(0.1), { n: 0 })).toThrow("expected n of at least 1, got 0");
    expect(() => mfvi(train.sgd(0.1), { n: 5, rho: 0 })).toThrow("where the scale is learned, got 0");
    expect(() => mixSam(train.sgd(0.1), { kappa: -1 })).toThrow("expected kappa in [0, ∞), got -1");
    expect(() => new PerturbedOptimizer(train.sgd(0.1), { direction: "up" as "gaussian" })).toThrow('got "up"');
    const optimizer = sam(train.sgd(0.1));
    expect(() => (optimizer.rho = -2)).toThrow("got -2");
  });
});

/** Saves into memory. */
async function saved(model: Sequential): Promise<io.ModelArtifacts> {
  let kept: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      kept = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
    { includeOptimizer: true },
  );
  return kept!;
}

describe("a saved model", () => {
  for (const [name, optimizer] of [
    ["sam(momentum)", () => sam(train.momentum(0.1, 0.9), { rho: 0.2 })],
    ["mixSam(adam)", () => mixSam(train.adam(0.02), { rho: 0.2, kappa: 0.7, seed: 4 })],
    ["mfvi(adam)", () => mfvi(train.adam(0.02), { n: 24, rho: 0.3, prior: { scale: 2 }, seed: 4 })],
    ["asam(rmsprop)", () => asam(train.rmsprop(0.01), { eta: 0.02, weightDecay: 0.01, clipNorm: 1 })],
  ] as const)
    it(`goes on with ${name} as one that was never saved`, async () => {
      const model = network({ normalised: true });
      model.compile({ optimizer: optimizer(), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
      const options = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 } as const;
      await model.fit(x(), y(), options);
      const artifacts = JSON.parse(JSON.stringify({ ...(await saved(model)), weightData: undefined })) as io.ModelArtifacts;
      const { weightData } = await saved(model);
      const loaded = (await loadLayersModel(io.fromMemory({ ...artifacts, weightData: weightData! }))) as Sequential;
      expect(loaded.optimizer.getConfig()).toEqual(model.optimizer.getConfig());
      expect(loaded.optimizer.iterations).toBe(6);
      await model.fit(x(), y(), options);
      await loaded.fit(x(), y(), options);
      expect(numbers(loaded)).toEqual(numbers(model));
      expect(numbers(loaded)).not.toEqual(numbers(network({ normalised: true })));
    });

  it("whose base is unknown is refused with the name of its class", async () => {
    const config = { base: { className: "Lion", config: {} }, direction: "adversarial" };
    expect(() => PerturbedOptimizer.fromConfig(PerturbedOptimizer as unknown as serialization.SerializableConstructor<PerturbedOptimizer>, config)).toThrow(
      'its base "Lion" is not registered',
    );
  });

  it("cannot name a direction that is a function, but trains with it", () => {
    const w = held(() => ones([2]));
    const optimizer = new PerturbedOptimizer(train.sgd(1), { rho: Math.SQRT2, direction: (_key, { mean }) => mean });
    optimizer.minimize(() => mul(sum(square(w)), 0.5), false, [w]);
    // u = w, σ = 1: the gradient is met at 2w.
    expect([...w.dataSync()]).toEqual([-1, -1]);
    expect(() => optimizer.getConfig()).toThrow("its direction is a function");
    w.dispose();
  });
});
