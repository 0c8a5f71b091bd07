import { readFileSync } from "node:fs";
import { mul, reshape, sum, tanh, tensor, tensor1d, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff.ts";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { readSync, scoped, type HostArray } from "../memory.ts";
import { key } from "../random/key.ts";
import { paths, tensors, withTensors, type Params } from "../tree/tree.ts";
import { gelu, relu } from "./activation.ts";
import { attention } from "./attention.ts";
import { softmaxCrossEntropy } from "./cross-entropy.ts";
import { layerNorm } from "./layer-norm.ts";
import { lenet } from "./lenet.ts";
import { mlp } from "./mlp.ts";
import { rmsNorm } from "./rms-norm.ts";
import { transformer } from "./transformer.ts";

await engine();

type Told = {
  readonly shape: readonly number[];
  readonly output: readonly number[];
  readonly loss: number;
  readonly grads: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly product: number; readonly norm: number; readonly first: readonly number[] }>
  >;
};
const golden = JSON.parse(readFileSync(new URL("../../../../golden/nn/pytorch.json", import.meta.url), "utf8")) as Readonly<Record<string, Told>>;

/** As in golden/nn/generate.py. */
function wave(shape: readonly number[], phase: number, { amplitude = 0.3, offset = 0 } = {}): Tensor {
  const size = shape.reduce((n, length) => n * length, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => offset + amplitude * Math.sin(phase + 0.37 * i)),
    [...shape],
  );
}

/** Waves in the shapes of a tree, norms around 1. */
function waves<P extends Params>(like: P): P {
  const names = paths(like);
  return withTensors(
    like,
    tensors(like).map((x, i) => wave(x.shape, i + 1, { offset: names[i]!.endsWith("scale") ? 1 : 0 })),
  );
}

const classes = (n: number, of: (i: number) => number): Tensor =>
  tensor1d(
    Int32Array.from({ length: n }, (_, i) => of(i)),
    "int32",
  );
/** A loss that weighs every element of an output differently. */
const weighed = (y: Tensor): Scalar => sum(mul(y, wave(y.shape, 0.2, { amplitude: 1 })));

type Case = { readonly params: () => Params; readonly output: (params: any) => Tensor; readonly loss: (output: Tensor) => Scalar };

const perceptron = (activation: typeof gelu): Case => {
  const network = mlp([5, 4, 6, 3], { activation });
  return {
    params: () => network.init(key(0)),
    output: (p) => network.apply(p, wave([7, 5], 0, { amplitude: 2 })),
    loss: (y) =>
      softmaxCrossEntropy(
        y,
        classes(7, (i) => i % 3),
      ),
  };
};
const decoder = (tied: boolean): Case => {
  const network = transformer({ vocabulary: 11, context: 8, layers: 2, channels: 6, heads: 2, tied });
  return {
    params: () => network.init(key(0)),
    output: (p) =>
      network.apply(
        p,
        tensor2d(
          Int32Array.from({ length: 12 }, (_, i) => (i * 5) % 11),
          [2, 6],
          "int32",
        ),
      ),
    loss: (y) =>
      softmaxCrossEntropy(
        reshape(y, [12, 11]),
        classes(12, (i) => (3 * i + 1) % 11),
      ),
  };
};
const network = lenet();
const attend = attention(6, { heads: 2 });
const [norm, rms] = [layerNorm(6), rmsNorm(6)];

const cases: Readonly<Record<string, Case>> = {
  mlp: perceptron(relu),
  mlpTanh: perceptron((x) => tanh(x)),
  lenet: {
    params: () => network.init(key(0)),
    output: (p) => network.apply(p, wave([3, 28, 28, 1], 0, { amplitude: 1 })),
    loss: (y) => softmaxCrossEntropy(y, tensor1d([3, 0, 7], "int32")),
  },
  attention: {
    params: () => ({ x: wave([2, 5, 6], 1), params: attend.init(key(0)) }),
    output: ({ x, params }) => attend.apply(params, mul(x, 5)),
    loss: weighed,
  },
  layerNorm: { params: () => ({ x: wave([2, 3, 6], 1), params: norm.init(key(0)) }), output: ({ x, params }) => norm.apply(params, x), loss: weighed },
  rmsNorm: { params: () => ({ x: wave([2, 3, 6], 1), params: rms.init(key(0)) }), output: ({ x, params }) => rms.apply(params, x), loss: weighed },
  gelu: { params: () => ({ x: wave([40], 1) }), output: ({ x }) => gelu(mul(x, 15)), loss: weighed },
  transformer: decoder(true),
  transformerUntied: decoder(false),
};

/**
 * Relative to the larger of 0.1 and the value. Not derived: sums of up to 400 float32 products through six layers, thirty roundings of 2⁻²⁴ at the worst seen;
 * a wrong constant, sign or axis is off by a per cent or more.
 */
const WITHIN = 2e-5;
function close(found: number, expected: number, where: string, scale = 0): void {
  expect(Math.abs(found - expected), `${where}: ${found} for ${expected}`).toBeLessThan(WITHIN * Math.max(0.1, Math.abs(expected), scale));
}

describe("against PyTorch", () => {
  it("every golden network has a counterpart", () => {
    expect(Object.keys(golden).filter((name) => name !== "provenance")).toEqual(Object.keys(cases));
  });

  for (const [name, { params, output, loss }] of Object.entries(cases)) {
    for (const [how, compiled] of [
      ["", false],
      [" when compiled", true],
    ] as const) {
      it(`${name} has PyTorch's output, loss and gradients${how}`, () => {
        const expected = golden[name]!;
        const both = (p: Params) => ({ ...valueAndGrad((q: Params) => loss(output(q)))(p), output: output(p) });
        using graph = jit(both);
        const { value, grad, y, names } = scoped(() => {
          const p = waves(params());
          const found = (compiled ? graph : both)(p);
          return {
            value: readSync(found.value),
            grad: tensors(found.grad).map((x) => readSync(x) as HostArray),
            y: readSync(found.output) as HostArray,
            names: paths(found.grad),
          };
        });
        expect(y.shape).toEqual(expected.shape);
        expected.output.forEach((v, i) => close(y.data[i]!, v, `output[${i}]`));
        close(value.data[0]!, expected.loss, "loss");
        expect(names).toEqual(Object.keys(expected.grads));
        for (const [i, { shape, product, norm, first }] of Object.values(expected.grads).entries()) {
          const { data } = grad[i]!;
          expect(grad[i]!.shape).toEqual(shape);
          const at = Float64Array.from(data);
          close(Math.hypot(...at), norm, `norm of ${names[i]}`);
          close(
            at.reduce((s, g, j) => s + g * Math.sin(0.5 + 0.37 * j), 0),
            product,
            `product with ${names[i]}`,
            norm,
          );
          first.forEach((v, j) => close(at[j]!, v, `${names[i]}[${j}]`, norm));
        }
      });
    }
  }
});
