import { add, mul, ones, square, sum, tensor1d, tensor2d, tensor4d, zeros, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff.ts";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { normal } from "../random/draw.ts";
import { key } from "../random/key.ts";
import { split } from "../random/split.ts";
import { ShapeError } from "../shapes.ts";
import { algorithmLaws } from "../testing/algorithm-laws.ts";
import { expectation } from "../testing/monte-carlo.ts";
import { size } from "../tree/tree.ts";
import { adam } from "../gradient/adam.ts";
import { descent } from "../gradient/descent.ts";
import { gelu, relu } from "./activation.ts";
import { attention, causalMask } from "./attention.ts";
import { conv2d } from "./conv2d.ts";
import { accuracy, negativeLogLikelihood, softmaxCrossEntropy } from "./cross-entropy.ts";
import { dense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import { embedding } from "./embedding.ts";
import { glorotUniform, heNormal, lecunNormal, normalInitializer } from "./initializer.ts";
import { layerNorm } from "./layer-norm.ts";
import { lenet } from "./lenet.ts";
import { mlp } from "./mlp.ts";
import { averagePool, maxPool } from "./pooling.ts";
import { rmsNorm } from "./rms-norm.ts";
import { transformer } from "./transformer.ts";

await engine();

const values = (body: () => Tensor): number[] => [...scoped(body).dataSync()];
const numbered = (shape: [number, number, number, number], scale = 1): Tensor =>
  tensor4d(
    Float32Array.from({ length: shape.reduce((n, s) => n * s) }, (_, i) => scale * (i + 1)),
    shape,
  );

describe("dense() and mlp()", () => {
  it("dense() is x W + b, over the last of any number of axes", () => {
    const params = {
      kernel: tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      bias: tensor1d([10, 20]),
    };
    const layer = dense(3, 2);
    expect(values(() => layer.apply(params, tensor2d([[1, 0, 2]])))).toEqual([21, 34]);
    expect(scoped(() => layer.apply(params, zeros([4, 5, 3]))).shape).toEqual([4, 5, 2]);
    expect(values(() => layer.apply(params, tensor1d([1, 0, 2])))).toEqual([21, 34]);
  });

  it("mlp() leaves its last layer linear, and flattens images", () => {
    const network = mlp([4, 2, 1]);
    const params = {
      layers: [
        {
          kernel: tensor2d([
            [1, -1],
            [0, 0],
            [0, 0],
            [0, 0],
          ]),
          bias: tensor1d([0, 0]),
        },
        { kernel: tensor2d([[-2], [5]]), bias: tensor1d([0.5]) },
      ],
    };
    expect(
      values(() =>
        network.apply(
          params,
          tensor4d([
            [
              [[3], [0]],
              [[0], [0]],
            ],
          ]),
        ),
      ),
    ).toEqual([-5.5]);
    expect(values(() => network.apply(params, tensor2d([[-3, 0, 0, 0]])))).toEqual([15.5]);
  });

  it("mlp() of another width, or without layers, is refused", () => {
    const network = mlp([4, 2]);
    expect(() => scoped(() => network.apply(network.init(key(0)), zeros([1, 5])))).toThrow(
      new ShapeError("Cannot apply a dense layer: expected a tensor of shape [..., 4], got [1, 5]"),
    );
    expect(() => mlp([3])).toThrow("Cannot lay out an mlp: expected at least the sizes of inputs and outputs, got [3]");
    expect(() => mlp([3, 0])).toThrow("Cannot lay out a dense layer: expected outputs to be a whole number of at least 1, got 0");
  });

  it("a model starts alike from the same key and otherwise from another", () => {
    const kernel = (seed: number) => values(() => dense(3, 2).init(key(seed)).kernel);
    expect(kernel(4)).toEqual(kernel(4));
    expect(kernel(4)).not.toEqual(kernel(5));
  });
});

describe("initialisers", () => {
  const shape = [5, 5, 8, 40];
  const moments = (draw: Tensor) => {
    const xs = [...draw.dataSync()];
    const mean = xs.reduce((s, x) => s + x) / xs.length;
    return { n: xs.length, mean, variance: xs.reduce((s, x) => s + (x - mean) ** 2, 0) / xs.length, largest: Math.max(...xs.map(Math.abs)) };
  };
  const inputs = 5 * 5 * 8;
  const outputs = 5 * 5 * 40;
  const cases = {
    glorotUniform: { draw: glorotUniform, variance: 2 / (inputs + outputs), largest: Math.sqrt(6 / (inputs + outputs)) },
    heNormal: { draw: heNormal, variance: 2 / inputs, largest: (2 / 0.8796) * Math.sqrt(2 / inputs) },
    lecunNormal: { draw: lecunNormal, variance: 1 / inputs, largest: (2 / 0.8796) * Math.sqrt(1 / inputs) },
    "normalInitializer(0.02)": { draw: normalInitializer(0.02), variance: 4e-4, largest: 0.02 * 5.8 },
  };
  for (const [name, { draw, variance, largest }] of Object.entries(cases)) {
    it(`${name} has the mean, variance and range that it was published with`, () => {
      const found = moments(scoped(() => draw(key(3), shape)));
      // Five standard errors: of a mean √(v/n), and of a variance at most v √(2/n), that of a normal.
      expect(Math.abs(found.mean)).toBeLessThan(5 * Math.sqrt(variance / found.n));
      expect(Math.abs(found.variance / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / found.n));
      expect(found.largest).toBeLessThan(largest * 1.0001);
    });
  }

  it("an initialiser of a vector is refused", () => {
    expect(() => heNormal(key(0), [3])).toThrow("expected a shape that ends in inputs and outputs, got [3]");
  });
});

describe("activations", () => {
  it("relu() has derivative 0 at and below 0, and 1 above", () => {
    const { value, grad } = scoped(() => valueAndGrad(({ x }: { readonly x: Tensor }) => sum(relu(x)))({ x: tensor1d([-1, 0, 2, 3]) }));
    expect(value.dataSync()[0]).toBe(5);
    expect([...grad.x.dataSync()]).toEqual([0, 0, 1, 1]);
  });

  it("gelu() is x Φ(x) to within 5e-4, and 0 and x far out", () => {
    const xs = [-30, -2, -1, 0, 1, 2, 30];
    const exact = [0, -0.04550026, -0.15865525, 0, 0.84134475, 1.95449974, 30];
    values(() => gelu(tensor1d(xs))).forEach((y, i) => expect(Math.abs(y - exact[i]!)).toBeLessThan(5e-4));
  });
});

describe("convolution and pooling", () => {
  it("conv2d() is a cross-correlation: the kernel is not turned", () => {
    const layer = conv2d(1, 1, { window: 2, padding: "valid" });
    const params = { kernel: tensor4d([1, 2, 3, 4], [2, 2, 1, 1]), bias: tensor1d([100]) };
    expect(values(() => layer.apply(params, numbered([1, 2, 3, 1])))).toEqual([100 + 1 + 4 + 12 + 20, 100 + 2 + 6 + 15 + 24]);
  });

  it("conv2d() keeps the size with padding, and strides", () => {
    const shape = (padding: "same" | "valid", stride: number) =>
      scoped(() => {
        const layer = conv2d(2, 3, { window: [5, 3], padding, stride });
        return layer.apply(layer.init(key(0)), ones([2, 9, 8, 2]));
      }).shape;
    expect(shape("same", 1)).toEqual([2, 9, 8, 3]);
    expect(shape("same", 2)).toEqual([2, 5, 4, 3]);
    expect(shape("valid", 1)).toEqual([2, 5, 6, 3]);
    expect(() => scoped(() => conv2d(2, 3, { window: 3 }).apply(conv2d(2, 3, { window: 3 }).init(key(0)), ones([2, 9, 8, 1])))).toThrow(
      "expected a tensor of shape [batch, height, width, 2], got [2, 9, 8, 1]",
    );
  });

  it("maxPool() and averagePool() take the largest and the mean of windows that do not overlap", () => {
    expect(values(() => maxPool(numbered([1, 4, 4, 1]) as never))).toEqual([6, 8, 14, 16]);
    expect(values(() => averagePool(numbered([1, 4, 4, 1]) as never))).toEqual([3.5, 5.5, 11.5, 13.5]);
    expect(scoped(() => maxPool(zeros([1, 5, 5, 2]), { window: 3, stride: 1 })).shape).toEqual([1, 3, 3, 2]);
  });

  it("maxPool() hands its gradient to the largest, averagePool() to all alike", () => {
    const slope = (pool: typeof maxPool) => [
      ...scoped(() =>
        valueAndGrad(({ x }: { readonly x: Tensor }) => sum(mul(pool(x as never), tensor4d([1, 10], [1, 1, 2, 1]))) as Scalar)({
          x: numbered([1, 2, 4, 1], -1),
        }),
      ).grad.x.dataSync(),
    ];
    expect(slope(maxPool)).toEqual([1, 0, 10, 0, 0, 0, 0, 0]);
    expect(slope(averagePool)).toEqual([0.25, 0.25, 2.5, 2.5, 0.25, 0.25, 2.5, 2.5]);
  });

  it("lenet() has 61 706 parameters and refuses other images", () => {
    const network = lenet();
    expect(scoped(() => [size(network.init(key(0)))])).toEqual([61706]);
    expect(() => scoped(() => network.apply(network.init(key(0)), zeros([2, 32, 32, 1])))).toThrow(
      "expected a tensor of shape [batch=2, 28, 28, 1], got [2, 32, 32, 1]",
    );
  });
});

describe("norms", () => {
  it("layerNorm() and rmsNorm() do not see the scale of their input, and layerNorm() not its offset", () => {
    const x = normal(key(1), [4, 16]);
    const [layer, rms] = [layerNorm(16, { eps: 0 }), rmsNorm(16, { eps: 0 })];
    const same = (a: number[], b: number[]) => a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, 4));
    same(
      values(() => layer.apply(layer.init(key(0)), add(mul(x, 7), 3))),
      values(() => layer.apply(layer.init(key(0)), x)),
    );
    same(
      values(() => rms.apply(rms.init(key(0)), mul(x, 7))),
      values(() => rms.apply(rms.init(key(0)), x)),
    );
    const y = values(() => rms.apply(rms.init(key(0)), x));
    expect(y.reduce((s, v) => s + v * v, 0) / y.length).toBeCloseTo(1, 5);
  });

  it("layerNorm() of constant rows is the bias, not NaN", () => {
    const layer = layerNorm(3);
    expect(values(() => layer.apply({ scale: tensor1d([1, 1, 1]), bias: tensor1d([1, 2, 3]) }, ones([1, 3])))).toEqual([1, 2, 3]);
    expect(() => scoped(() => layer.apply(layer.init(key(0)), ones([1, 4])))).toThrow("expected a tensor of shape [..., 3], got [1, 4]");
  });
});

describe("cross-entropy", () => {
  it("negativeLogLikelihood() stays exact for logits of a thousand", () => {
    expect(
      values(() =>
        negativeLogLikelihood(
          tensor2d([
            [1000, 0],
            [0, 1000],
            [-1000, -1000],
          ]),
          tensor1d([0, 0, 1], "int32"),
        ),
      ),
    ).toEqual([0, 1000, Math.fround(Math.LN2)]);
  });

  it("softmaxCrossEntropy() has the gradient (p − 1_y)/n", () => {
    const logits = [
      [1, 2, 3],
      [0, 0, 0],
    ];
    const { grad } = scoped(() => valueAndGrad(({ z }: { readonly z: Tensor }) => softmaxCrossEntropy(z, tensor1d([2, 0], "int32")))({ z: tensor2d(logits) }));
    const expected = logits.flatMap((row, i) => {
      const total = row.reduce((s, z) => s + Math.exp(z), 0);
      return row.map((z, j) => (Math.exp(z) / total - (j === [2, 0][i] ? 1 : 0)) / 2);
    });
    [...grad.z.dataSync()].forEach((g, i) => expect(Math.abs(g - expected[i]!)).toBeLessThan(4 * 2 ** -24));
  });

  it("accuracy() counts the first of equal logits", () => {
    expect(
      values(() =>
        accuracy(
          tensor2d([
            [1, 1],
            [1, 1],
            [0, 2],
          ]),
          tensor1d([0, 1, 1], "int32"),
        ),
      )[0],
    ).toBeCloseTo(2 / 3, 6);
  });

  it("softmaxCrossEntropy() and accuracy() of an empty batch are refused", () => {
    const none = tensor1d([], "int32");
    expect(() => softmaxCrossEntropy(zeros([0, 3]), none)).toThrow("Cannot apply softmaxCrossEntropy: expected at least one example, got labels of shape [0]");
    expect(() => accuracy(zeros([0, 3]), none)).toThrow("Cannot apply accuracy: expected at least one example, got labels of shape [0]");
  });

  it("labels of another shape or dtype are refused", () => {
    expect(() => softmaxCrossEntropy(zeros([3, 2]), tensor1d([0, 1], "int32"))).toThrow("expected labels of shape [3] for logits of shape [3, 2], got [2]");
    expect(() => accuracy(zeros([2, 2]), tensor1d([0, 1]))).toThrow("Cannot apply accuracy: expected int32 labels, got float32");
  });
});

describe("embedding()", () => {
  it("embedding() looks rows up, and adds the gradients of a token that comes twice", () => {
    const layer = embedding(3, 2);
    const tokens = tensor1d([2, 0, 2], "int32");
    const table = tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(values(() => layer.apply({ table }, tokens))).toEqual([5, 6, 1, 2, 5, 6]);
    const { grad } = scoped(() =>
      valueAndGrad(
        (p: { readonly table: typeof table }) =>
          sum(
            mul(
              layer.apply(p, tokens),
              tensor2d([
                [1, 2],
                [3, 4],
                [5, 6],
              ]),
            ),
          ) as Scalar,
      )({ table }),
    );
    expect([...grad.table.dataSync()]).toEqual([3, 4, 0, 0, 6, 8]);
    expect(() => layer.apply({ table }, tensor1d([0]))).toThrow("expected int32 tokens, got float32");
  });
});

describe("attention() and transformer()", () => {
  it("causalMask() lets position i see j ≤ i", () => {
    expect(values(() => causalMask(3)).map((m) => (m === 0 ? 1 : 0))).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
  });

  for (const tied of [true, false]) {
    it(`transformer() gives logits that later tokens do not change, ${tied ? "tied" : "untied"}`, () => {
      const gpt = transformer({ vocabulary: 13, context: 9, layers: 2, channels: 8, heads: 2, tied });
      const rows = (tail: readonly number[]) => values(() => gpt.apply(gpt.init(key(2)), tensor2d([[3, 1, 4, 1, ...tail]], [1, 4 + tail.length], "int32")));
      const [first, second, short] = [rows([5, 9]), rows([2, 6]), rows([])];
      const seen = 4 * 13;
      first.slice(0, seen).forEach((v, i) => expect(Math.abs(v - second[i]!)).toBeLessThan(1e-6));
      first.slice(0, seen).forEach((v, i) => expect(Math.abs(v - short[i]!)).toBeLessThan(1e-6));
      expect(first.slice(seen).some((v, i) => Math.abs(v - second[seen + i]!) > 1e-3)).toBe(true);
    });
  }

  it("transformer() sees the order of tokens: its positions and its attention are in use", () => {
    const gpt = transformer({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 1 });
    const last = (tokens: readonly number[]) => values(() => gpt.apply(gpt.init(key(1)), tensor2d([[...tokens]], [1, 3], "int32"))).slice(10);
    expect(last([0, 1, 2]).some((v, i) => Math.abs(v - last([1, 0, 2])[i]!) > 1e-7)).toBe(true);
  });

  it("attention() refuses heads that do not divide the channels; transformer() too long a sequence", () => {
    expect(() => attention(6, { heads: 4 })).toThrow("Cannot lay out attention: expected channels to be a multiple of 4 heads, got 6");
    const gpt = transformer({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 1 });
    expect(() => scoped(() => gpt.apply(gpt.init(key(1)), zeros([1, 5], "int32")))).toThrow("expected at most 4 tokens, got [1, 5]");
    expect(() => scoped(() => gpt.apply(gpt.init(key(1)), zeros([1, 3])))).toThrow("expected int32 tokens, got float32");
  });
});

describe("dropout()", () => {
  it("dropout() keeps the mean, drops the same elements for the same key and others for another", () => {
    const draws = (seed: number) => values(() => dropout(key(seed), ones([4000]), { rate: 0.25 }));
    expectation(draws(1), 1, { ess: 2000 });
    expect(new Set(draws(1).map((v) => v.toFixed(4)))).toEqual(new Set(["0.0000", "1.3333"]));
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
    expect(values(() => dropout(key(0), ones([3]), { rate: 0 }))).toEqual([1, 1, 1]);
    expect(() => dropout(key(0), ones([3]), { rate: 1 })).toThrow("Cannot drop out: expected a rate in [0, 1), got 1");
  });

  it("dropout() follows the key of each call of a compiled function, and hands the gradient to what it kept", () => {
    using dropped = jit(
      (k: ReturnType<typeof key>, x: Tensor) => valueAndGrad((p: { readonly x: Tensor }) => sum(square(dropout(k, p.x))) as Scalar)({ x }).grad.x,
    );
    const [a, b] = split(key(3));
    const x = ones([64]);
    const [first, second] = [values(() => dropped(a, x)), values(() => dropped(b, x))];
    expect(first).toEqual(values(() => mul(dropout(a, x), 4)));
    expect(first).not.toEqual(second);
  });
});

describe("training", () => {
  type Batch = { readonly x: Tensor; readonly y: Tensor };
  const network = mlp([6, 8, 3]);
  const algorithm = descent((params: ReturnType<typeof network.init>, { x, y }: Batch) => softmaxCrossEntropy(network.apply(params, x), y), {
    transform: adam(0.02),
  });
  const data = (): Batch => ({
    x: normal(key(7), [30, 6]),
    y: tensor1d(
      Int32Array.from({ length: 30 }, (_, i) => i % 3),
      "int32",
    ),
  });
  for (const { says, holds } of algorithmLaws("descent(mlp)", { algorithm, position: () => network.init(key(1)), data })) it(says, holds);

  it("adam() fits thirty random labels with an mlp", () => {
    const [before, after] = scoped(() => {
      using step = jit(algorithm.step.bind(algorithm));
      let state = algorithm.init(network.init(key(1)));
      const losses: number[] = [];
      for (let i = 0; i < 400; i++) {
        const [next, info] = step(key(0), state, data());
        state = next;
        losses.push(info.loss.dataSync()[0]!);
      }
      return [losses[0]!, losses.at(-1)!];
    });
    expect(before).toBeGreaterThan(Math.LN2);
    expect(after).toBeLessThan(0.05);
  });
});
