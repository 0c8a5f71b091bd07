import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, draws, on, startBoth, type Numbers } from "./against-cpu.ts";
import { registerWasmKernels } from "./kernels.ts";

beforeAll(startBoth);

type Operation = (...xs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** Relative to 1 and to the value: 128 roundings of float32. Not derived: the engines approximate the same functions by other series. */
const TOLERANCE = 2 ** -17;

async function agree(inputs: readonly Numbers[], f: Operation): Promise<void> {
  const [ours, theirs] = [await on("wasm", inputs, f), await on("cpu", inputs, f)];
  expect(ours.results.length).toBe(theirs.results.length);
  ours.results.forEach((x, i) => {
    const size = Array.from(theirs.results[i]!.values).reduce((most, y) => (Number.isFinite(y) ? Math.max(most, Math.abs(y)) : most), 1);
    expect(distance(x, theirs.results[i]!)).toBeLessThanOrEqual(TOLERANCE * size);
  });
  expect(ours.leaked).toEqual([0, 0, 0]);
}

const vector = (values: readonly number[], dtype: tf.DataType = "float32"): Numbers => ({ shape: [values.length], dtype, values });
const numbers = async (inputs: readonly Numbers[], f: Operation): Promise<number[]> => Array.from((await on("wasm", inputs, f)).results[0]!.values);

function gradients(f: (...xs: tf.Tensor[]) => tf.Tensor): Operation {
  const weighted = (...xs: tf.Tensor[]): tf.Tensor => {
    const y = f(...xs);
    return tf.sum(tf.mul(y, tf.cos(tf.reshape(tf.range(0, y.size), y.shape))));
  };
  return (...xs) => tf.grads(weighted as (...xs: tf.Tensor[]) => tf.Scalar)(xs);
}

describe("registerWasmKernels()", () => {
  test("does nothing the second time", () => {
    const before = tf.getKernelsForBackend("wasm").map((kernel) => kernel.kernelFunc);
    registerWasmKernels();
    expect(tf.getKernelsForBackend("wasm").map((kernel) => kernel.kernelFunc)).toEqual(before);
  });

  test("leaves no kernel of plain JS without one of the same name", () => {
    const present = new Set(tf.getKernelsForBackend("wasm").map((kernel) => kernel.kernelName));
    expect(tf.getKernelsForBackend("cpu").filter((kernel) => !present.has(kernel.kernelName))).toEqual([]);
  });
});

describe("what the engine would get wrong is refused", () => {
  test("the gradients of conv3d() name the way out", async () => {
    const [x, w] = [draws(1)([1, 4, 4, 4, 1]), draws(2)([2, 2, 2, 1, 1])];
    const conv = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, "same");
    const refusal = /Cannot differentiate conv3d on the WASM engine: .* use LAB_ENGINE=native/;
    await expect(on("wasm", [x, w], (a, b) => tf.grad((y) => conv(y, b!))(a!))).rejects.toThrow(refusal);
    await expect(on("wasm", [x, w], (a, b) => tf.grad((y) => conv(a!, y))(b!))).rejects.toThrow(refusal);
    await agree([x, w], (a, b) => conv(a!, b!));
  });

  test("complex tensors name the way out", async () => {
    await tf.setBackend("wasm");
    expect(() => tf.complex([1], [2])).toThrow(/Cannot use complex tensors on the WASM engine: .* use LAB_ENGINE=native/);
  });
});

describe("NaN stays NaN", () => {
  const [x, y] = [vector([NaN, 1, -2, NaN, Infinity]), vector([1, NaN, -3, NaN, NaN])];
  test("maximum() and minimum()", async () => {
    expect(await numbers([x, y], (a, b) => tf.maximum(a!, b!))).toEqual([NaN, NaN, -2, NaN, NaN]);
    expect(await numbers([x, y], (a, b) => tf.minimum(a!, b!))).toEqual([NaN, NaN, -3, NaN, NaN]);
    expect(await numbers([x], (a) => tf.maximum(a!, NaN))).toEqual([NaN, NaN, NaN, NaN, NaN]);
  });
  test("maximum() and minimum() with one number are a clip on one side", async () => {
    const draw = draws(4)([3, 50]);
    expect(await numbers([draw], (a) => tf.maximum(a!, 0.5))).toEqual((draw.values as number[]).map((v) => Math.max(v, 0.5)));
    expect(await numbers([draw], (a) => tf.minimum(-0.5, a!))).toEqual((draw.values as number[]).map((v) => Math.min(v, -0.5)));
  });
  test("clipByValue() and relu6()", async () => {
    expect(await numbers([x], (a) => tf.clipByValue(a!, -1, 2))).toEqual([NaN, 1, -1, NaN, 2]);
    expect(await numbers([x], (a) => tf.relu6(a!))).toEqual([NaN, 1, 0, NaN, 6]);
  });
});

test("sign() of a tiny number is not zero", async () => {
  expect(await numbers([vector([1e-30, -1e-30, 0, NaN])], (a) => tf.sign(a!))).toEqual([1, -1, 0, NaN]);
});

describe("tensors without numbers", () => {
  test.each(["sum", "prod", "max", "min", "mean"] as const)("%s() over an empty axis is that of plain JS", async (name) => {
    for (const dtype of ["float32", "int32"] as const)
      for (const axis of [0, 1])
        await agree(
          [
            {
              shape: [
                [0, 3],
                [3, 0],
              ][axis]!,
              dtype,
              values: [],
            },
          ],
          (a) => tf[name](a!, axis),
        );
  });
  test("transpose() of an empty batch is an empty batch", async () => {
    await agree([{ shape: [0, 3, 4], dtype: "float32", values: [] }], (a) => tf.transpose(a!, [0, 2, 1]));
  });
});

describe("integers and truth values", () => {
  const truths = draws(6)([3, 4], "bool");
  const integers = draws(6)([3, 4], "int32", -5, 6);
  test.each(["abs", "neg", "square", "round", "sign", "isNaN", "isFinite", "step"] as const)("%s() of integers is that of plain JS", (name) =>
    agree([integers], (a) => tf[name](a!)),
  );
  test.each(["abs", "round", "sign", "reverse", "notEqual", "transpose"] as const)("%s() of truth values is that of plain JS", (name) =>
    agree([truths], (a) => (name === "reverse" ? tf.reverse(a!, 1) : name === "notEqual" ? tf.notEqual(a!, false) : tf[name](a!))),
  );
  test.each(["expm1", "log1p", "exp"] as const)("%s() of integers is that of the same real numbers", async (name) => {
    const positive = draws(8)([9], "int32", 0, 6);
    expect(await numbers([positive], (a) => tf[name](a!))).toEqual(await numbers([{ ...positive, dtype: "float32" }], (a) => tf[name](a!)));
  });
  test("where() and oneHot() of truth values write within their bounds", async () => {
    await agree([truths, draws(9)([3, 4], "bool"), draws(10)([3, 4], "bool")], (c, a, b) => tf.where(c!, a!, b!));
    await agree([draws(9)([40], "int32", 0, 4)], (a) => tf.oneHot(a!, 4, 1, 0, "bool"));
    await agree([draws(9)([40], "int32", 0, 4)], (a) => tf.oneHot(a!, 4, 0.9, 0.1, "float32"));
  });
  test("cast() to bool is 0 or 1", async () => {
    expect(await numbers([vector([-1.5, 0, 254])], (a) => tf.cast(a!, "bool"))).toEqual([1, 0, 1]);
  });
  test.each(["add", "sub", "mul", "maximum", "minimum", "floorDiv", "mod", "less", "equal", "greaterEqual"] as const)(
    "%s() of integers is that of plain JS",
    (name) => agree([integers, { ...integers, values: Array.from(integers.values, (v) => v || 3).reverse() }], (a, b) => tf[name](a!, b!)),
  );
  test("clipByValue(), cumsum() and stridedSlice() of integers are those of plain JS", async () => {
    await agree([integers], (a) => tf.clipByValue(a!, -2, 3));
    await agree([integers], (a) => tf.cumsum(a!, 1));
    await agree([integers], (a) => tf.stridedSlice(a!, [0, 3], [3, 0], [2, -1]));
  });
});

test("cumsum() along the last axis counted from the end is that counted from the front", async () => {
  for (const scan of [tf.cumsum, tf.cumprod]) {
    const x = draws(12)([2, 3, 4]);
    expect(await numbers([x], (a) => scan(a!, -1))).toEqual(await numbers([x], (a) => scan(a!, 2)));
  }
});

describe("tables", () => {
  test.each([
    [[6, 3], [4], 0, 0],
    [[6, 40], [2, 3], 0, 0],
    [[6, 3], [2], 1, 0],
    [[2, 6, 5], [2, 4], 1, 1],
    [[2, 3, 6], [2, 4], 2, 1],
    [[6, 3], [0], 0, 0],
  ])("gather() of %j by %j along axis %i with %i batch axes is that of plain JS", async (shape, ids, axis, batch) => {
    for (const dtype of ["float32", "int32", "bool"] as const)
      await agree([draws(14)(shape, dtype), draws(15)(ids, "int32", 0, shape[axis]!)], (x, i) => tf.gather(x!, i as tf.Tensor1D, axis, batch));
  });
  test("gather() beyond the table says where the table ends", async () => {
    await expect(on("wasm", [draws(1)([3, 2]), vector([0, 3], "int32")], (x, i) => tf.gather(x!, i as tf.Tensor1D))).rejects.toThrow(
      "every index must be in [0, 3), got 3",
    );
  });
  test("the gradient of gather() adds up the rows that were read twice", async () => {
    await agree(
      [draws(16)([6, 3])],
      gradients((x) => tf.gather(x!, [5, 0, 5, 2, 5])),
    );
    await agree(
      [draws(16)([6, 3])],
      gradients((x) => tf.gather(x!, [1, 0, 1], 1)),
    );
  });
  test("unsortedSegmentSum() leaves out ids beyond the segments", async () => {
    const sum = (x: tf.Tensor, i: tf.Tensor): tf.Tensor => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 2);
    expect(await numbers([vector([1, 2, 4, 8, 16]), vector([0, -1, 1, 2, 0], "int32")], sum as Operation)).toEqual([17, 4]);
  });
  test.each([
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1, 3],
      [2, 4, 1],
    ],
    [
      [3, 1],
      [1, 5],
    ],
    [
      [2, 3],
      [0, 3],
    ],
  ])("tile() of %j by %j is that of plain JS", async (shape, reps) => {
    for (const dtype of ["float32", "int32", "bool"] as const) await agree([draws(17)(shape, dtype)], (x) => tf.tile(x!, reps));
  });
});

test.each([
  ["ij,jk->ki", [3, 4], [4, 5]],
  ["bij,bkj->bik", [2, 3, 4], [2, 5, 4]],
  ["bthd,bshd->bhts", [2, 3, 2, 4], [2, 5, 2, 4]],
  ["ij,j->i", [3, 4], [4]],
  ["i,j->ij", [3], [4]],
  ["i,i->", [3], [3]],
])("einsum(%j) is that of plain JS", async (equation, a, b) => {
  await agree([draws(18)(a), draws(19)(b)], (x, y) => tf.einsum(equation, x!, y!));
});

test("einsum() of one operand sums and transposes", async () => {
  await agree([draws(20)([2, 3, 4])], (x) => tf.einsum("ijk->ki", x!));
});

test("a clone shares the data of its tensor and outlives it", async () => {
  await tf.setBackend("wasm");
  const x = tf.tensor1d([1, 2, 3]);
  const before = tf.memory().numDataBuffers;
  const clone = x.clone();
  expect(tf.memory().numDataBuffers).toBe(before);
  x.dispose();
  expect(Array.from(clone.dataSync())).toEqual([1, 2, 3]);
  clone.dispose();
  expect(tf.memory().numDataBuffers).toBe(before - 1);
});

describe("fused products", () => {
  test.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const)(
    "fused.matMul() with %s is its three parts, for every layout",
    async (activation) => {
      for (const [a, b, transposeA, transposeB] of [
        [[3, 4], [4, 5], false, false],
        [[4, 3], [5, 4], true, true],
        [[2, 3, 4], [2, 5, 4], false, true],
      ] as const) {
        const f: Operation = (x, y, bias, alpha) =>
          tf.fused.matMul({
            a: x!,
            b: y!,
            transposeA,
            transposeB,
            bias: bias!,
            activation,
            leakyreluAlpha: 0.3,
            ...(activation === "prelu" ? { preluActivationWeights: alpha! } : {}),
          });
        await agree([draws(21)(a), draws(22)(b), draws(23)([5]), draws(24)([5])], f);
      }
    },
  );
});

const x34 = draws(30)([3, 4], "float32", 0.1, 0.9);
const compositions: [string, readonly Numbers[], (...xs: tf.Tensor[]) => tf.Tensor][] = [
  ...(
    [
      "relu",
      "relu6",
      "elu",
      "selu",
      "tanh",
      "sigmoid",
      "softplus",
      "exp",
      "expm1",
      "log",
      "log1p",
      "sqrt",
      "rsqrt",
      "square",
      "reciprocal",
      "erf",
      "sin",
      "atan",
      "softmax",
      "logSoftmax",
    ] as const
  ).map((name): [string, readonly Numbers[], (x: tf.Tensor) => tf.Tensor] => [name, [x34], (x) => tf[name](x)]),
  ...(["add", "sub", "mul", "div", "pow"] as const).map((name): [string, readonly Numbers[], (x: tf.Tensor, y: tf.Tensor) => tf.Tensor] => [
    `${name} with a row`,
    [x34, draws(31)([4], "float32", 0.2, 0.8)],
    (x, y) => tf[name](x, y),
  ]),
  ...(["maximum", "minimum", "squaredDifference"] as const).map((name): [string, readonly Numbers[], (x: tf.Tensor, y: tf.Tensor) => tf.Tensor] => [
    name,
    [x34, draws(31)([3, 4], "float32", 0.2, 0.8)],
    (x, y) => tf[name](x, y),
  ]),
  ...(["sum", "mean", "max", "min", "logSumExp"] as const).map((name): [string, readonly Numbers[], (x: tf.Tensor) => tf.Tensor] => [
    `${name} over rows`,
    [x34],
    (x) => tf[name](x, 0),
  ]),
  ["gelu", [x34], (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))))],
  [
    "layer norm",
    [draws(32)([4, 6]), draws(33)([6]), draws(34)([6])],
    (x, gain, bias) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), gain!), bias!);
    },
  ],
  [
    "batchNorm",
    [draws(35)([5, 3]), draws(36)([3]), draws(37)([3], "float32", 0.5, 2), draws(38)([3]), draws(39)([3])],
    (x, mean, variance, offset, scale) => tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D),
  ],
  ["softmax cross entropy", [draws(40)([5, 4])], (x) => tf.losses.softmaxCrossEntropy(tf.oneHot([0, 3, 1, 2, 0], 4), x)],
  ["slice", [x34], (x) => tf.slice(x, [1, 2], [2, 2])],
  ["concat", [x34, draws(41)([3, 2])], (x, y) => tf.concat([x, y!], 1)],
  [
    "pad",
    [x34],
    (x) =>
      tf.pad(x, [
        [1, 0],
        [2, 1],
      ]),
  ],
  ["transpose", [draws(42)([2, 3, 4])], (x) => tf.transpose(x, [2, 0, 1])],
  ["tile", [x34], (x) => tf.tile(x, [2, 3])],
  ["where", [x34, draws(43)([3, 4])], (x, y) => tf.where(tf.tensor1d([1, 0, 1, 0], "bool"), x, y!)],
  ["clipByValue", [x34], (x) => tf.clipByValue(x, 0.3, 0.6)],
  ["cumsum", [x34], (x) => tf.cumsum(x, 1)],
  ["stack and unstack", [x34, draws(44)([3, 4])], (x, y) => tf.unstack(tf.stack([x, y!], 1), 0)[1]!],
  ["broadcastTo", [draws(45)([3, 1])], (x) => tf.broadcastTo(x, [2, 3, 4])],
  ["attention", [draws(46)([2, 5, 4]), draws(47)([2, 5, 4]), draws(48)([2, 5, 4])], (q, k, v) => tf.matMul(tf.softmax(tf.matMul(q!, k!, false, true)), v!)],
];

test.each(compositions)("%s and its gradient are those of plain JS, and leak nothing", async (_, inputs, f) => {
  await agree(inputs, f);
  await agree(inputs, gradients(f));
});
