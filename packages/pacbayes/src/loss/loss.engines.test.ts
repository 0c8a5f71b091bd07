import {
  abs,
  add,
  cast,
  div,
  log,
  max,
  mul,
  neg,
  oneHot,
  softmax,
  sub,
  sum,
  tensor1d,
  tensor3d,
  transpose,
  type Tensor,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { engine, key, normal, scoped, termsAndGrad } from "@lab/tensor-core";
import { expect, it } from "vitest";
import { boundedCrossEntropy } from "./bounded-cross-entropy.ts";
import { empiricalRisk } from "./empirical-risk.ts";
import { zeroOne } from "./zero-one.ts";

await engine();

const labels = (): Tensor => tensor1d([0, 2, 1, 2, 0], "int32");
const logits = (): Tensor => mul(normal(key(3), [2, 3, 5]), 3);
const greatest = (x: Tensor): number => max(abs(x)).dataSync()[0]!;

/** −ln(e^{−L} + (1 − 2e^{−L}) softmax_y)/L, differentiated by the engine. */
function plain(x: Tensor): Tensor {
  const p = transpose(softmax(transpose(x as Tensor3D, [0, 2, 1])), [0, 2, 1]);
  const right = sum(mul(p, transpose(cast(oneHot(labels() as never, 3), "float32"))), 1);
  return div(neg(log(add(mul(right, 1 - 2 * Math.exp(-4)), Math.exp(-4)))), 4);
}

it("boundedCrossEntropy() is −ln ψ(p_y)/L, and its own gradient is that of the formula", () => {
  scoped(() => {
    const x = logits();
    const [own, other] = [
      termsAndGrad(({ x }: { x: Tensor }) => boundedCrossEntropy(x, labels()))({ x }),
      termsAndGrad(({ x }: { x: Tensor }) => plain(x))({ x }),
    ];
    expect(greatest(sub(own.terms, other.terms))).toBeLessThan(1e-6);
    expect(greatest(sub(own.grad.x, other.grad.x))).toBeLessThan(1e-6);
    expect(greatest(own.grad.x)).toBeGreaterThan(1e-3);
  });
});

it("boundedCrossEntropy() stays in [−ln(1 − e^{−L})/L, 1] at logits of ±1000, with finite gradients", () => {
  scoped(() => {
    const x = tensor3d([
      [
        [1000, -1000, 0],
        [-1000, 1000, 0],
      ],
    ]);
    const y = tensor1d([0, 0, 1], "int32");
    const { terms, grad } = termsAndGrad(({ x }: { x: Tensor }) => boundedCrossEntropy(x, y))({ x });
    const [right, wrong, even] = terms.dataSync();
    expect(right).toBeCloseTo(-Math.log(1 - Math.exp(-4)) / 4, 6);
    expect(wrong).toBeCloseTo(1, 6);
    expect(even).toBeCloseTo(Math.LN2 / 4, 6);
    expect(greatest(grad.x)).toBeLessThan(1);
  });
});

it("boundedCrossEntropy() bounds the zero-one loss: 1{error} ≤ ℓ L/ln 2", () => {
  scoped(() => {
    const x = logits();
    const [loss, error] = [boundedCrossEntropy(x, labels()).dataSync(), zeroOne(x, labels()).dataSync()];
    expect(error.includes(1) && error.includes(0)).toBe(true);
    error.forEach((e, i) => expect(e).toBeLessThanOrEqual((loss[i]! * 4) / Math.LN2 + 1e-6));
  });
});

it("zeroOne() and empiricalRisk() count errors of each chain", () => {
  scoped(() => {
    const x = tensor3d([
      [
        [2, 0],
        [1, 5],
      ],
      [
        [0, 9],
        [1, 5],
      ],
    ]);
    const losses = zeroOne(x, tensor1d([0, 1], "int32"));
    expect(losses.arraySync()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(empiricalRisk(losses).arraySync()).toEqual([0, 1]);
  });
});

it("losses name a shape that does not fit", () => {
  scoped(() => {
    expect(() => boundedCrossEntropy(logits(), tensor1d([0, 1], "int32"))).toThrow("Cannot apply boundedCrossEntropy");
    expect(() => zeroOne(logits(), tensor1d([0], "int32"))).toThrow("Cannot apply zeroOne");
    expect(() => empiricalRisk(tensor1d([1]))).toThrow("Cannot apply empiricalRisk");
    expect(() => boundedCrossEntropy(logits(), labels(), { level: 0.5 })).toThrow("level must be above ln 2, got 0.5");
  });
});
