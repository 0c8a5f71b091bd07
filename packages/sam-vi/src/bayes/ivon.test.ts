import { dot, matMul, mul, reshape, sub, tensor1d, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, own, run } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { describe, it, expect } from "vitest";
import { ivon } from "./ivon.ts";

await engine();

const A = [
  [2, 0.5, 0],
  [0.5, 1, -0.3],
  [0, -0.3, 3],
];
type P = { readonly w: Tensor };
/** ½ wᵀAw − bᵀw */
const quadratic = ({ w }: P): Scalar => sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d([0.5, 0, -1])));

describe("ivon()", () => {
  it("ivon() recovers the posterior of a quadratic: mean (A + δ)⁻¹b, curvature diag A", async () => {
    const [ess, delta, b2, steps] = [100, 0.01, 0.99, 30_000];
    const algorithm = ivon(quadratic, { learningRate: 0.05, ess, weightDecay: delta, hessian: 2, b2 });
    using at = own(() => ({ w: tensor1d([0.3, -0.25, -0.35]) }));
    using warm = await run(algorithm, at.value, { key: key(1), steps: 2000, block: 200 });
    const record = ({ mean: m, hessian }: typeof warm.state.value): { mean: Tensor; hessian: Tensor } => ({ mean: m.w, hessian: hessian.w });
    const onward = { ...algorithm, init: (s: typeof warm.state.value) => s };
    using result = await run(onward, warm.state.value, { key: key(2), steps, record, block: 200 });
    const column = (name: "mean" | "hessian", i: number): number[] => Array.from({ length: steps }, (_, t) => result.trace[name].get(t, i));
    // (A + δ I)⁻¹ b with δ = 1/100, as n = 100 and σ₀ = 1 of mean-field VI.
    [0.31388582363327217, -0.26182101100575395, -0.35832103099725127].forEach((truth, i) => expectation(column("mean", i), truth, { ess: 300 }));
    // E h = A_ii + ½(1 − β₂) E (h − ĥ)²/(h + δ): to first order, with Var ĥᵢ = 2 A_ii² + Σ_{j≠i} A_ij² (A_ii + δ)/(A_jj + δ) + A_ii (A_ii + δ), the last for how far m is from its mean.
    [2, 1, 3].forEach((truth, i) => {
      const values = column("hessian", i);
      const average = values.reduce((s, x) => s + x, 0) / steps;
      const spread = 2 * truth ** 2 + A[i]!.reduce((s, a, j) => (j === i ? s : s + (a * a * (truth + delta)) / (A[j]![j]! + delta)), 0);
      const correction = (0.5 * (1 - b2) * spread) / (truth + delta);
      expect(average).toBeGreaterThan(truth);
      // The correction's own error is of second order, (1 − β₂) of it and what m adds, at most as much again.
      expectation(
        values.map((x) => x - Math.min(Math.max(average - truth, correction), 2 * correction)),
        truth,
        { ess: 100 },
      );
    });
  });
});
