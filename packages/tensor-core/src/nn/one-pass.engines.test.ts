import { grads, mul, reshape, sum, tensor1d, tensor2d, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { engine } from "../engine.ts";
import { hvp } from "../autodiff.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { key } from "../random/key.ts";
import { normal } from "../random/draw.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { dot } from "../tree/arithmetic.ts";
import { gelu } from "./activation.ts";
import { causalMask, selfAttention } from "./attention.ts";
import { negativeLogLikelihood } from "./cross-entropy.ts";
import { affine } from "./dense.ts";
import { layerNorm } from "./layer-norm.ts";
import { reluNetwork } from "./relu-network.ts";
import { rmsNorm } from "./rms-norm.ts";

await engine();

/** A function of tensors, and the same in float64 on plain numbers: the law is that values and gradients agree. */
type Case = {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly ours: (xs: readonly Tensor[]) => Tensor;
  readonly exact: (xs: readonly Float64Array[]) => number[];
  /** Of the value's and the gradient's largest number. */
  readonly tolerance?: number;
  /** Of the central difference. */
  readonly step?: number;
};

const sumOf = (n: number, f: (i: number) => number): number => Array.from({ length: n }, (_, i) => f(i)).reduce((a, b) => a + b, 0);

function normed(rows: number, width: number, eps: number, centred: boolean): Case["exact"] {
  return ([x, scale, bias]) =>
    Array.from({ length: rows }, (_, r) => r * width).flatMap((from) => {
      const mean = centred ? sumOf(width, (i) => x![from + i]!) / width : 0;
      const variance = sumOf(width, (i) => (x![from + i]! - mean) ** 2) / width;
      return Array.from({ length: width }, (_, i) => ((x![from + i]! - mean) / Math.sqrt(variance + eps)) * scale![i]! + (bias?.[i] ?? 0));
    });
}

function entropies(rows: number, classes: number, labels: readonly number[]): Case["exact"] {
  return ([z]) =>
    labels.map((label, r) => {
      const top = Math.max(...z!.slice(r * classes, (r + 1) * classes));
      return top + Math.log(sumOf(classes, (v) => Math.exp(z![r * classes + v]! - top))) - z![r * classes + label]!;
    });
}

type Sizes = {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly shared: number;
  readonly depth: number;
  readonly segments?: readonly number[];
};

function attentionCase({ batch, time, heads, shared, depth, segments }: Sizes): Case {
  const width = (heads + 2 * shared) * depth;
  const document = (b: number, t: number): number => segments?.[b * time + t] ?? 0;
  const exact: Case["exact"] = ([x]) => {
    const out: number[] = [];
    for (let b = 0; b < batch; b++)
      for (let i = 0; i < time; i++)
        for (let h = 0; h < heads; h++) {
          const at = (t: number, head: number, d: number): number => x![(b * time + t) * width + head * depth + d]!;
          const group = Math.floor(h / (heads / shared));
          const seen = Array.from({ length: i + 1 }, (_, j) => j).filter((j) => document(b, j) === document(b, i));
          const scores = seen.map((j) => sumOf(depth, (d) => at(i, h, d) * at(j, heads + group, d)) / Math.sqrt(depth));
          const top = Math.max(...scores);
          const weights = scores.map((s) => Math.exp(s - top));
          const total = weights.reduce((a, c) => a + c, 0);
          for (let d = 0; d < depth; d++) out.push(sumOf(seen.length, (n) => (weights[n]! / total) * at(seen[n]!, heads + shared + group, d)));
        }
    return out;
  };
  return {
    name: `attention of ${JSON.stringify({ batch, time, heads, shared, depth, documents: segments !== undefined })}`,
    shapes: [[batch, time, width]],
    ours: ([x]) => {
      const documents = segments === undefined ? undefined : tensor2d([...segments], [batch, time], "int32");
      const mask = (): Tensor => {
        if (segments === undefined) return causalMask(time);
        const seen = Array.from({ length: batch * time * time }, (_, n) => {
          const [b, i, j] = [Math.floor(n / time / time), Math.floor(n / time) % time, n % time];
          return j <= i && document(b, j) === document(b, i) ? 0 : -1e9;
        });
        return reshape(tensor1d(seen), [batch, 1, time, time]);
      };
      return selfAttention(x!, { heads, keyValueHeads: shared, segments: documents, mask });
    },
    exact,
  };
}

function affineCase(rows: number, inputs: number, outputs: number): Case {
  return {
    name: `affine() of ${JSON.stringify({ rows, inputs, outputs })}`,
    shapes: [[rows, inputs], [inputs, outputs], [outputs]],
    ours: ([x, kernel, bias]) => affine(x!, { kernel: kernel as Tensor2D, bias: bias as Tensor1D }),
    exact: ([x, w, b]) =>
      Array.from({ length: rows * outputs }, (_, n) => {
        const [i, j] = [Math.floor(n / outputs), n % outputs];
        return sumOf(inputs, (k) => x![i * inputs + k]! * w![k * outputs + j]!) + b![j]!;
      }),
  };
}

const labels = [3, 0, 39, 7, 1, 38, 12];
/** The ReLU network of each member on its own rows. */
function reluNetworkCase(members: number, rows: number, channels: number, hidden: number): Case {
  return {
    name: `reluNetwork() of ${JSON.stringify({ members, rows, channels, hidden })}`,
    shapes: [
      [members, rows, channels],
      [members, channels, hidden],
      [members, 1, hidden],
      [members, hidden, channels],
      [members, 1, channels],
    ],
    ours: ([x, kernel, bias, out, outBias]) =>
      reluNetwork(x!, { up: { kernel: kernel as Tensor3D, bias: bias as Tensor3D }, down: { kernel: out as Tensor3D, bias: outBias as Tensor3D } }),
    exact: ([x, up, upBias, down, downBias]) =>
      Array.from({ length: members * rows }, (_, i) => [Math.floor(i / rows), i] as const).flatMap(([m, i]) => {
        const unit = (h: number): number =>
          Math.max(0, upBias![m * hidden + h]! + sumOf(channels, (c) => x![i * channels + c]! * up![(m * channels + c) * hidden + h]!));
        const units = Array.from({ length: hidden }, (_, h) => unit(h));
        return Array.from(
          { length: channels },
          (_, c) => downBias![m * channels + c]! + sumOf(hidden, (h) => units[h]! * down![(m * hidden + h) * channels + c]!),
        );
      }),
    // Between its kinks it is a polynomial: a small step finds none of them.
    step: 1e-6,
  };
}

const CASES: readonly Case[] = [
  {
    name: "gelu()",
    shapes: [[7, 45]],
    ours: ([x]) => gelu(mul(x!, 3)),
    exact: ([x]) => [...x!].map((v) => 1.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (3 * v + 0.044715 * (3 * v) ** 3)))),
  },
  {
    name: "layerNorm()",
    shapes: [[21, 40], [40], [40]],
    ours: ([x, scale, bias]) => layerNorm(40).apply({ scale: scale as Tensor1D, bias: bias as Tensor1D }, x!),
    exact: normed(21, 40, 1e-5, true),
  },
  {
    name: "rmsNorm()",
    shapes: [[21, 40], [40]],
    ours: ([x, scale]) => rmsNorm(40).apply({ scale: scale as Tensor1D }, x!),
    exact: normed(21, 40, 1e-6, false),
  },
  {
    name: "negativeLogLikelihood()",
    shapes: [[7, 40]],
    ours: ([z]) => negativeLogLikelihood(z!, tensor1d([...labels], "int32")),
    exact: entropies(7, 40, labels),
  },
  affineCase(70, 50, 45),
  affineCase(1, 90, 1600),
  affineCase(6, 90, 520),
  affineCase(15, 70, 141),
  // One for each way through the kernel: rows in pairs and one over, few members and several, hidden units that fill no vector, and what it does not take.
  reluNetworkCase(3, 5, 10, 50),
  reluNetworkCase(1, 131, 2, 33),
  reluNetworkCase(2, 4, 16, 32),
  reluNetworkCase(2, 3, 12, 40),
  reluNetworkCase(2, 3, 5, 40),
  reluNetworkCase(2, 3, 4, 8),
  {
    name: "dot()",
    shapes: [
      [70, 90],
      [70, 90],
    ],
    ours: ([a, b]) => reshape(dot([a!], [b!]), [1]),
    exact: ([a, b]) => [sumOf(a!.length, (i) => a![i]! * b![i]!)],
  },
  attentionCase({ batch: 2, time: 5, heads: 2, shared: 2, depth: 3 }),
  attentionCase({ batch: 1, time: 32, heads: 1, shared: 1, depth: 16 }),
  attentionCase({ batch: 1, time: 49, heads: 4, shared: 2, depth: 8 }),
  attentionCase({ batch: 2, time: 17, heads: 2, shared: 1, depth: 40, segments: Array.from({ length: 34 }, (_, i) => Math.floor(i / 6)) }),
  attentionCase({ batch: 1, time: 150, heads: 2, shared: 1, depth: 8, segments: Array.from({ length: 150 }, (_, i) => Math.floor(i / 70)) }),
];

/** dy · f(x + ε v) in float64, differentiated along v by its central difference: exact to some ε². */
function slope({ exact, step = 1e-4 }: Case, xs: readonly Float64Array[], vs: readonly Float64Array[], dy: ArrayLike<number>): number {
  const along = (step: number): number => exact(xs.map((x, i) => x.map((v, j) => v + step * vs[i]![j]!))).reduce((total, y, i) => total + y * dy[i]!, 0);
  return (8 * (along(step) - along(-step)) - (along(2 * step) - along(-2 * step))) / (12 * step);
}

for (const each of CASES) {
  const { name, shapes, ours, exact, tolerance = 1e-5 } = each;
  test(`${name} has the values and gradients of its definition, alone and compiled`, () => {
    const inGraph = jit((...xs: Tensor[]) => ours(xs));
    const gradsInGraph = jit((xs: readonly Tensor[], dy: Tensor) => grads((...ys: Tensor[]) => ours(ys))([...xs], dy));
    noLeaks(() =>
      scoped(() => {
        const xs = shapes.map((shape, i) => normal(key(i + 1), [...shape]));
        const doubles = xs.map((x) => Float64Array.from(x.dataSync()));
        const expected = exact(doubles);
        const size = Math.max(...expected.map(Math.abs));
        const value = ours(xs);
        for (const y of [value, inGraph(...xs)])
          for (const [i, v] of [...y.dataSync()].entries()) expect(Math.abs(v - expected[i]!)).toBeLessThanOrEqual(tolerance * size);
        const dy = normal(key(9), value.shape);
        const directions = shapes.map((shape, i) => normal(key(20 + i), [...shape]));
        const truth = slope(
          each,
          doubles,
          directions.map((v) => Float64Array.from(v.dataSync())),
          dy.dataSync(),
        );
        for (const found of [grads((...ys: Tensor[]) => ours(ys))(xs, dy), gradsInGraph(xs, dy)]) {
          const along = found.map((g, i) => [...mul(g, directions[i]!).dataSync()]).flat();
          // Each of the summed numbers is rounded; the sum of their sizes says how much of it may be left.
          expect(Math.abs(along.reduce((a, b) => a + b, 0) - truth)).toBeLessThanOrEqual(tolerance * along.reduce((a, b) => a + Math.abs(b), 0));
        }
      }),
    );
  });
}

/** d²/dx² of GELU by tanh, by the second difference of its definition in float64. */
function second(x: number): number {
  const value = (v: number): number => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  return (value(x + 1e-4) - 2 * value(x) + value(x - 1e-4)) / 1e-8;
}

test("gelu() refuses to be differentiated twice, which hvp() does", () => {
  noLeaks(() =>
    scoped(() => {
      const x = tensor1d([0.5]);
      const slopes = (y: Tensor): Tensor => grads((z: Tensor) => sum(gelu(z)))([y])[0]!;
      expect(() => grads((y: Tensor) => sum(slopes(y)))([x])).toThrow("Cannot differentiate twice through a function that has a gradient of its own");
      const curvature = hvp(({ y }: { readonly y: Tensor }) => sum(gelu(y)) as Scalar)({ y: x }, { y: tensor1d([1]) }).y.dataSync()[0]!;
      expect(curvature).toBeCloseTo(second(0.5), 2);
    }),
  );
});
