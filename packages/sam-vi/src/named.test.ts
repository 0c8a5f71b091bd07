import { dot, exp, matMul, mul, reshape, sub, tensor1d, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, own, run, sgd } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { describe, it } from "vitest";
import { mfvi } from "./named.ts";

await engine();

const A = [
  [2, 0.5, 0],
  [0.5, 1, -0.3],
  [0, -0.3, 3],
];
type P = { readonly w: Tensor };
/** ½ wᵀAw − bᵀw */
const loss = ({ w }: P): Scalar => sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d([0.5, 0, -1])));

// So many steps are for the native engine alone.
describe("mfvi()", () => {
  it("mfvi() settles around the closed-form optimum of a quadratic", async () => {
    // E∂mean and E∂ln σ vanish where E mean = (A + I/n)⁻¹ b and E σᵢ² (Aᵢᵢ + 1/n) = 1/n: exact for the averages of the descent itself.
    const n = 100;
    using at = own(() => ({ w: tensor1d([1, -2, 0.5]) }));
    using warm = await run(mfvi(loss, { n, transform: sgd(0.3) }), at.value, { key: key(1), steps: 3000, block: 100 });
    const algorithm = mfvi(loss, { n, transform: sgd(0.3) });
    const record = ({ posterior }: typeof warm.state.value): { mean: Tensor; variance: Tensor } => ({
      mean: posterior.mean.w,
      variance: exp(mul(posterior.logScale.w, 2)),
    });
    using result = await run({ ...algorithm, init: (s: typeof warm.state.value) => s }, warm.state.value, { key: key(2), steps: 20_000, record, block: 100 });
    const column = (name: "mean" | "variance", i: number): number[] => Array.from({ length: 20_000 }, (_, t) => result.trace[name].get(t, i));
    [0.31388582363327217, -0.26182101100575395, -0.35832103099725127].forEach((truth, i) => expectation(column("mean", i), truth, { ess: 300 }));
    [0.07053456158585983, 0.09950371902099892, 0.0576390417704235].forEach((sigma, i) => expectation(column("variance", i), sigma ** 2, { ess: 50 }));
  });
});
