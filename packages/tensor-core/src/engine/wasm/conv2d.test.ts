import {
  avgPool,
  conv2d,
  conv2dTranspose,
  cos,
  depthwiseConv2d,
  engine,
  fused,
  grads,
  maxPool,
  mul,
  range,
  reshape,
  separableConv2d,
  sum,
  type Tensor,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, draws, on, startBoth, type Numbers } from "./against-cpu.ts";

beforeAll(startBoth);

type Pad = "same" | "valid" | [[number, number], [number, number], [number, number], [number, number]];
type Operation = (...xs: Tensor4D[]) => Tensor;

const images = (x: readonly number[], w: readonly number[]): Numbers[] => [draws(3)(x), draws(5)(w)];

/** Gradients of `Σ cos(i) f(x)[i]`, whose weights have no symmetry that a wrong flip could hide in. */
function gradients(f: Operation): (...xs: Tensor[]) => Tensor[] {
  const weighted = (...xs: Tensor[]): Tensor => {
    const y = f(...(xs as Tensor4D[]));
    return sum(mul(y, cos(reshape(range(0, y.size), y.shape))));
  };
  return (...xs) => grads(weighted as (...xs: Tensor[]) => never)(xs);
}

/** `terms` products of at most 4, summed in float32 by two engines in two orders: 2 · n · u · Σ|ab|. */
const tolerance = (terms: number): number => 2 * (terms + 2) * 2 ** -24 * 4 * terms;

async function agree(inputs: readonly Numbers[], f: (...xs: Tensor[]) => Tensor | Tensor[], terms: number): Promise<void> {
  const [ours, theirs] = [await on("wasm", inputs, f), await on("cpu", inputs, f)];
  expect(ours.results.length).toBe(theirs.results.length);
  ours.results.forEach((x, i) => expect(distance(x, theirs.results[i]!)).toBeLessThanOrEqual(tolerance(terms)));
  expect(ours.leaked).toEqual([0, 0, 0]);
}

const explicit: Pad = [
  [0, 0],
  [2, 1],
  [0, 3],
  [0, 0],
];
const pads: Pad[] = ["same", "valid", explicit];
const strides: (number | [number, number])[] = [1, 2, [2, 1], 3];
const shapes: [number[], number[]][] = [
  [
    [2, 7, 6, 3],
    [3, 2, 3, 4],
  ],
  [
    [3, 9, 8, 1],
    [5, 5, 1, 2],
  ],
  [
    [2, 7, 6, 3],
    [1, 1, 3, 4],
  ],
  [
    [1, 8, 8, 5],
    [2, 2, 5, 7],
  ],
  [
    [2, 3, 3, 2],
    [3, 3, 2, 2],
  ],
  [
    [0, 8, 8, 3],
    [3, 2, 3, 4],
  ],
];

describe.each(pads)("padding %j", (pad) => {
  describe.each(strides)("strides %j", (stride) => {
    test.each(shapes)("conv2d() of %j by %j and its two gradients are those of plain JS", async (x, w) => {
      const f: Operation = (a, b) => conv2d(a!, b!, stride, pad);
      const batch = x[0]! * x[1]! * x[2]!;
      await agree(images(x, w), f as never, w[0]! * w[1]! * w[2]!);
      await agree(images(x, w), gradients(f), Math.max(batch, w[0]! * w[1]! * w[3]!));
    });
  });

  test.each([
    [1, 1, 1],
    [2, 1, 1],
    [1, 2, 1],
    [1, 1, 2],
    [2, 1, 2],
    [1, 2, 2],
  ])("depthwiseConv2d() with stride %i, dilation %i, %i outputs per channel and its gradients are those of plain JS", async (stride, dilation, copies) => {
    const f: Operation = (a, b) => depthwiseConv2d(a!, b!, stride, pad as "same", "NHWC", dilation);
    await agree(images([2, 9, 8, 3], [3, 2, 3, copies]), f as never, 6);
    // TensorFlow.js differentiates no dilated convolution. The three kernels of one bilinear form must agree: ⟨dy, f(x, w)⟩ = ⟨dx, x⟩ = ⟨dw, w⟩.
    const forms = (x: Tensor4D, w: Tensor4D): Tensor[] => {
      const y = f(x, w);
      const dy = cos(reshape(range(0, y.size), y.shape));
      const attributes = { strides: stride, dilations: dilation, pad };
      const backprop = (kernel: string, inputs: object, shape: object): Tensor =>
        engine().runKernel(kernel, inputs as never, { ...attributes, ...shape } as never) as Tensor;
      const dx = backprop("DepthwiseConv2dNativeBackpropInput", { dy, filter: w }, { inputShape: x.shape });
      const dw = backprop("DepthwiseConv2dNativeBackpropFilter", { x, dy }, { filterShape: w.shape });
      return [sum(mul(dy, y)), sum(mul(dx, x)), sum(mul(dw, w))];
    };
    const { results, leaked } = await on("wasm", images([2, 9, 8, 3], [3, 2, 3, copies]), forms as never);
    // Each form sums `terms` products of at most 4; the roundings are taken to be independent.
    const terms = 2 * 9 * 8 * 6 * copies * 3;
    for (const form of results) expect(Math.abs(form.values[0]! - results[0]!.values[0]!)).toBeLessThanOrEqual(Math.sqrt(terms) * 2 ** -24 * 4 * terms);
    expect(leaked).toEqual([0, 0, 0]);
    if (dilation === 1) await agree(images([2, 9, 8, 3], [3, 2, 3, copies]), gradients(f), 144);
  });
});

describe.each(["same", "valid"] as const)("padding %s", (pad) => {
  describe.each(strides)("strides %j", (stride) => {
    test.each([
      [2, 2],
      [3, 3],
    ])("maxPool() and avgPool() over %i × %i and their gradients are those of plain JS", async (height, width) => {
      for (const pool of [maxPool, avgPool]) {
        const f: Operation = (a) => pool(a!, [height, width], stride, pad);
        await agree([draws(17)([2, 7, 6, 3])], f as never, 9);
        await agree([draws(17)([2, 7, 6, 3])], gradients(f), 9);
        // Windows without a positive number.
        await agree([draws(19)([1, 5, 5, 2], "float32", -9, -5)], gradients(f), 9);
      }
    });
  });
});

test.each([0, 1, 2])("a padding of %i pixels is that many on each side, for a window that is not square", async (pad) => {
  const spelled: Pad = [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ];
  const inputs = images([2, 7, 6, 3], [3, 2, 3, 4]);
  const numeric: Operation = (a, b) => conv2d(a!, b!, [2, 1], pad);
  const both = [
    await on("wasm", inputs, gradients(numeric)),
    await on(
      "wasm",
      inputs,
      gradients((a, b) => conv2d(a!, b!, [2, 1], spelled)),
    ),
  ];
  expect(both[0]!.results).toEqual(both[1]!.results);
  await agree(inputs, ((a: Tensor4D, b: Tensor4D) => conv2d(a, b, [2, 1], spelled)) as never, 18);
});

test("dilated, transposed, separable and fused convolutions are those of plain JS", async () => {
  await agree(images([2, 9, 8, 3], [3, 3, 3, 4]), ((a: Tensor4D, b: Tensor4D) => conv2d(a, b, 1, "same", "NHWC", 2)) as never, 27);
  for (const stride of [1, 2]) {
    const f: Operation = (a, b) => conv2dTranspose(a!, b!, [2, 3 * stride, 3 * stride, 2], stride, "same");
    await agree(images([2, 3, 3, 4], [3, 3, 2, 4]), f as never, 36);
    await agree(images([2, 3, 3, 4], [3, 3, 2, 4]), gradients(f), 36);
  }
  const separable: Operation = (a, b, c) => separableConv2d(a!, b!, c!, 1, "same");
  await agree([...images([2, 6, 6, 3], [3, 3, 3, 2]), draws(23)([1, 1, 6, 4])], gradients(separable), 200);
  const layer: Operation = (x, filter, bias) => fused.conv2d({ x: x!, filter: filter!, strides: 1, pad: "same", bias: bias!, activation: "relu" });
  await agree([...images([2, 7, 6, 3], [3, 2, 3, 4]), draws(23)([4])], gradients(layer), 84);
});

test("a batch too large for one block of patches gives the gradient of its images one by one", async () => {
  // 40 · 256 windows of 3 · 3 · 96 numbers are 8.8 million, over the block of 8.4 million.
  const [x, w] = images([40, 32, 32, 96], [3, 3, 96, 2]) as [Numbers, Numbers];
  const f: Operation = (a, b) => conv2d(a!, b!, 2, "same");
  const image = 32 * 32 * 96;
  const pixels = 16 * 16 * 2;
  const backprop = (dy: Tensor4D, filter: Tensor4D): Tensor => conv2dTranspose(dy, filter, [dy.shape[0], 32, 32, 96], 2, "same");
  const dy = draws(29)([40, 16, 16, 2]);
  const whole = await on("wasm", [dy, w], backprop as never);
  const last = { ...dy, shape: [1, 16, 16, 2], values: (dy.values as number[]).slice(39 * pixels) };
  const one = await on("wasm", [last, w], backprop as never);
  expect(distance({ ...one.results[0]!, values: Float32Array.from(whole.results[0]!.values).slice(39 * image) }, one.results[0]!)).toBe(0);
  expect((await on("wasm", [x, w], f as never)).leaked).toEqual([0, 0, 0]);
});
