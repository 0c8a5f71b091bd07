import { abs, max, mul, sub, tensor1d, tensor3d, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, normal, scoped, termsAndGrad } from "@lab/tensor-core";
import { expect, it } from "vitest";
import { clampedCrossEntropy } from "./clamped-cross-entropy.ts";
import { savage } from "./savage.ts";
import { zeroOne } from "./zero-one.ts";

await engine();

const labels = (): Tensor => tensor1d([0, 2, 1, 2, 0], "int32");
const logits = (): Tensor => mul(normal(key(3), [2, 3, 5]), 2);
const truth = [0, 2, 1, 2, 0];

/** The loss of p_y in float64, and its derivative in the logits by central differences. */
function reference(x: number[][][], of: (right: number) => number): { readonly loss: number[][]; readonly grad: number[][][] } {
  const at = (chain: number, example: number, shift: number, along: number): number => {
    const row = [0, 1, 2].map((k) => Math.exp(x[chain]![k]![example]! + (k === along ? shift : 0)));
    return of(row[truth[example]!]! / row.reduce((a, b) => a + b, 0));
  };
  return {
    loss: x.map((_, c) => truth.map((_, e) => at(c, e, 0, -1))),
    grad: x.map((_, c) => [0, 1, 2].map((k) => truth.map((_, e) => (at(c, e, 1e-5, k) - at(c, e, -1e-5, k)) / 2e-5))),
  };
}

it.each([
  ["savage", savage, (p: number) => (1 - p) ** 2],
  ["clampedCrossEntropy", (x: Tensor, y: Tensor) => clampedCrossEntropy(x, y, { least: 0.05 }), (p: number) => Math.log(Math.max(p, 0.05)) / Math.log(0.05)],
] as const)("%s() is its formula, and its own gradient is the formula's", (_, loss, formula) => {
  scoped(() => {
    const x = logits();
    const { terms, grad } = termsAndGrad(({ x }: { x: Tensor }) => loss(x, labels()))({ x });
    const exact = reference(x.arraySync() as number[][][], formula);
    const off = (a: Tensor, b: Tensor): number => max(abs(sub(a, b))).dataSync()[0]!;
    // float32 values of order 1; difference quotients err by 1e-10.
    (terms.arraySync() as number[][]).flat().forEach((l, i) => expect(Math.abs(l - exact.loss.flat()[i]!)).toBeLessThan(2e-6));
    expect(off(grad.x, tensor3d(exact.grad))).toBeLessThan(2e-6);
    expect(max(abs(grad.x)).dataSync()[0]!).toBeGreaterThan(0.05);
  });
});

it("savage() and clampedCrossEntropy() stay in [0, 1] with finite gradients at logits of ±1000", () => {
  scoped(() => {
    const x = tensor3d([
      [
        [1000, -1000],
        [-1000, 1000],
      ],
    ]);
    const y = tensor1d([0, 0], "int32");
    for (const loss of [savage, clampedCrossEntropy]) {
      const { terms, grad } = termsAndGrad(({ x }: { x: Tensor }) => loss(x, y))({ x });
      expect(Array.from(terms.dataSync(), (l) => l + 0)).toEqual([0, 1]);
      expect(max(abs(grad.x)).dataSync()[0]!).toBe(0);
    }
  });
});

it("savage() bounds the zero-one loss: 1{error} ≤ 4ℓ", () => {
  scoped(() => {
    const x = logits();
    const [loss, error] = [savage(x, labels()).dataSync(), zeroOne(x, labels()).dataSync()];
    expect(error.includes(1) && error.includes(0)).toBe(true);
    error.forEach((e, i) => expect(e).toBeLessThanOrEqual(4 * loss[i]! + 1e-6));
  });
});

it("savage() and clampedCrossEntropy() name what does not fit", () => {
  scoped(() => {
    expect(() => savage(logits(), tensor1d([0], "int32"))).toThrow("Cannot apply savage");
    expect(() => clampedCrossEntropy(logits(), tensor1d([0], "int32"))).toThrow("Cannot apply clampedCrossEntropy");
    expect(() => clampedCrossEntropy(logits(), labels(), { least: 1 })).toThrow("least must be in (0, 1), got 1");
  });
});
