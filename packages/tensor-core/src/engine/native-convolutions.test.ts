import { add, conv2d, grads, maxPool, mul, round, tensor4d, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { normal } from "../random/draw.ts";
import { key } from "../random/key.ts";
import { noLeaks } from "../testing/no-leaks.ts";

await engine();

type Sizes = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly tall: number;
  readonly wide: number;
  readonly outputs: number;
  readonly same: boolean;
};

/** work(x, w, y): which number of the image meets which weight for which number of the result. */
function taps({ batch, height, width, inputs, tall, wide, outputs, same }: Sizes, work: (x: number, w: number, y: number) => void): void {
  const [top, left] = same ? [Math.floor((tall - 1) / 2), Math.floor((wide - 1) / 2)] : [0, 0];
  const [rows, columns] = same ? [height, width] : [height - tall + 1, width - wide + 1];
  for (let n = 0; n < batch; n++)
    for (let y = 0; y < rows; y++)
      for (let p = 0; p < columns; p++)
        for (let i = 0; i < tall; i++)
          for (let j = 0; j < wide; j++) {
            const [h, v] = [y + i - top, p + j - left];
            if (h < 0 || h >= height || v < 0 || v >= width) continue;
            for (let c = 0; c < inputs; c++)
              for (let o = 0; o < outputs; o++)
                work(((n * height + h) * width + v) * inputs + c, ((i * wide + j) * inputs + c) * outputs + o, ((n * rows + y) * columns + p) * outputs + o);
          }
}

type Found = readonly [y: Tensor, dx: Tensor, dw: Tensor];

function convolved({ same }: Pick<Sizes, "same">): (x: Tensor, w: Tensor, slope: Tensor) => Found {
  const f = (x: Tensor, w: Tensor): Tensor => conv2d(x as Tensor4D, w as Tensor4D, 1, same ? "same" : "valid");
  return (x, w, slope) => {
    const y = f(x, w);
    const [dx, dw] = grads(f)([x, w], slope) as [Tensor, Tensor];
    return [y, dx, dw];
  };
}

/** Each result against its sum in float64, in units of the sum of the sizes of what is added. */
function isNear(sizes: Sizes, [y, dx, dw]: Found, [x, w, slope]: readonly [Tensor, Tensor, Tensor]): void {
  const [xs, ws, slopes] = [x.dataSync(), w.dataSync(), slope.dataSync()];
  const sums = [y, dx, dw].map(({ size }) => ({ total: new Float64Array(size), size: new Float64Array(size), count: new Float64Array(size) }));
  const add = (of: number, at: number, value: number): void => {
    sums[of]!.total[at]! += value;
    sums[of]!.size[at]! += Math.abs(value);
    sums[of]!.count[at]! += 1;
  };
  taps(sizes, (a, b, c) => {
    add(0, c, xs[a]! * ws[b]!);
    add(1, a, slopes[c]! * ws[b]!);
    add(2, b, xs[a]! * slopes[c]!);
  });
  [y, dx, dw].forEach((found, n) => {
    const { total, size, count } = sums[n]!;
    found.dataSync().forEach((value, i) => expect(Math.abs(value - total[i]!)).toBeLessThanOrEqual((count[i]! + 16) * 2 ** -24 * size[i]!));
  });
}

describe("conv2d() on our own kernel", () => {
  test("conv2d() and its gradients are their definition's sums, alone and compiled, whatever the sizes", () => {
    const size = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
    const sizes: fc.Arbitrary<Sizes> = fc
      .record({ batch: size(1, 9), tall: size(1, 5), wide: size(2, 5), inputs: size(1, 7), outputs: size(1, 17), same: fc.boolean(), more: size(0, 12) })
      .map(({ more, ...rest }) => ({ ...rest, height: rest.tall + more, width: rest.wide + ((more * 7) % 13) }));
    fc.assert(
      fc.property(sizes, fc.boolean(), (each, compiled) =>
        scoped(() => {
          const { batch, height, width, inputs, tall, wide, outputs, same } = each;
          const [x, w] = [normal(key(1), [batch, height, width, inputs]), normal(key(2), [tall, wide, inputs, outputs])];
          const slope = normal(key(3), same ? [batch, height, width, outputs] : [batch, height - tall + 1, width - wide + 1, outputs]);
          using inGraph = jit(convolved(each));
          isNear(each, (compiled ? inGraph : convolved(each))(x, w, slope), [x, w, slope]);
        }),
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  test("conv2d() of LeNet's sizes leaks nothing and is the same in a graph and outside", () => {
    const each: Sizes = { batch: 40, height: 28, width: 28, inputs: 1, tall: 5, wide: 5, outputs: 6, same: true };
    noLeaks(() =>
      scoped(() => {
        const [x, w, slope] = [normal(key(1), [40, 28, 28, 1]), normal(key(2), [5, 5, 1, 6]), normal(key(3), [40, 28, 28, 6])];
        const alone = convolved(each)(x, w, slope);
        isNear(each, alone, [x, w, slope]);
        using inGraph = jit(convolved(each));
        inGraph(x, w, slope).forEach((found, i) => expect([...found.dataSync()]).toEqual([...alone[i]!.dataSync()]));
      }),
    );
  });

  test("conv2d() lets infinities and NaN reach what they meet, and nothing else", () => {
    scoped(() => {
      const sizes: Sizes = { batch: 4, height: 12, width: 12, inputs: 3, tall: 3, wide: 3, outputs: 16, same: true };
      const values = normal(key(1), [4, 12, 12, 3]).dataSync().slice();
      const [infinite, nothing] = [((1 * 12 + 5) * 12 + 6) * 3, ((2 * 12 + 0) * 12 + 0) * 3 + 1];
      values[infinite] = Infinity;
      values[nothing] = NaN;
      const [x, w, slope] = [tensor4d(values, [4, 12, 12, 3]), normal(key(2), [3, 3, 3, 16]), normal(key(3), [4, 12, 12, 16])];
      const [y, dx, dw] = convolved(sizes)(x, w, slope).map((found) => found.dataSync()) as [Float32Array, Float32Array, Float32Array];
      const met = [0, 1, 2].map(() => new Set<number>());
      taps(sizes, (a, b, c) => {
        if (a !== infinite && a !== nothing) return;
        met[0]!.add(c);
        met[2]!.add(b);
      });
      [y, dx, dw].forEach((found, n) => found.forEach((value, i) => expect(Number.isFinite(value)).toBe(!met[n]!.has(i))));
    });
  });
});

describe("maxPool() on our own kernel", () => {
  const pooled = [
    { window: 2, stride: 2, shape: [3, 9, 8, 6] },
    { window: 2, stride: 2, shape: [2, 4, 39, 1] },
    { window: 2, stride: 2, shape: [2, 6, 26, 3] },
    { window: 2, stride: 2, shape: [2, 5, 11, 8] },
    { window: 2, stride: 2, shape: [2, 4, 6, 9] },
    { window: 3, stride: 2, shape: [2, 11, 7, 17] },
    { window: 3, stride: 1, shape: [1, 5, 6, 33] },
  ] as const;
  for (const { window, stride, shape } of pooled)
    test(`maxPool() of ${window} × ${window} by ${stride} over ${shape[3]} channels takes the largest, and gives its slope to the first of them`, () => {
      const [batch, height, width, channels] = shape;
      const [rows, columns] = [height, width].map((n) => Math.floor((n - window) / stride) + 1) as [number, number];
      const f = (x: Tensor): Tensor => maxPool(x as Tensor4D, window, stride, "valid");
      const both = (x: Tensor, slope: Tensor): Tensor[] => [f(x), ...grads(f)([x], slope)];
      noLeaks(() =>
        scoped(() => {
          // Few different numbers, so that there are ties.
          const x = add(round(mul(normal(key(1), [...shape]), 2)), 0);
          const slope = normal(key(2), [batch, rows, columns, channels]);
          const [xs, slopes] = [x.dataSync(), slope.dataSync()];
          const [values, gradient] = [new Float64Array(slope.size), new Float64Array(x.size)];
          for (let at = 0; at < slope.size; at++) {
            const [c, p, y, n] = [
              at % channels,
              Math.floor(at / channels) % columns,
              Math.floor(at / channels / columns) % rows,
              Math.floor(at / channels / columns / rows),
            ];
            const places = Array.from({ length: window * window }, (_, k) => {
              const [h, v] = [y * stride + Math.floor(k / window), p * stride + (k % window)];
              return ((n * height + h) * width + v) * channels + c;
            });
            values[at] = Math.max(...places.map((place) => xs[place]!)) + 0;
            gradient[places.find((place) => xs[place] === values[at])!]! += slopes[at]!;
          }
          using inGraph = jit(both);
          for (const [y, dx] of [both(x, slope), inGraph(x, slope)]) {
            expect([...y!.dataSync()]).toEqual([...values]);
            dx!.dataSync().forEach((value, i) => expect(value).toBeCloseTo(gradient[i]!, 5));
          }
        }),
      );
    });

  test("maxPool() keeps NaN", () => {
    scoped(() => {
      const x = tensor4d([1, NaN, 3, 4, NaN, 1, 2, 3], [2, 2, 2, 1]);
      expect([...maxPool(x, 2, 2, "valid").dataSync()]).toEqual([NaN, NaN]);
    });
  });
});
