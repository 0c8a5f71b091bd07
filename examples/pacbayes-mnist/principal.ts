import { matMul, mul, tensor2d, tidy, type Tensor2D } from "@tensorflow/tfjs-core";
import { own, type Owned } from "@lab/tensor-core";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { Digits, Sample } from "./sample.ts";

/**
 * The same digits in the basis of their principal components, x′ = Qᵀx with E xxᵀ = Q diag(a) Qᵀ over S: for a sampler, whose coordinates this leaves nearly
 * uncorrelated.
 *
 * W x = (W Q) x′, and N(0, σ₀² I) of W is that of W Q: prior, energy and the Gibbs posterior are the same. A factorised Gaussian is not, and stays with pixels.
 */
export function principal({ train, test }: Sample): Owned<Sample> {
  const moments = tidy(() => mul(matMul(train.x, train.x, false, true), 1 / train.x.shape[1]).arraySync() as number[][]);
  const { eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(moments), { assumeSymmetric: true });
  return own(() => {
    const q = tensor2d(eigenvectorMatrix.to2DArray());
    const turned = ({ x, y }: Digits): Digits => ({ x: matMul(q, x, true) as Tensor2D, y });
    return { train: turned(train), test: turned(test) };
  });
}
