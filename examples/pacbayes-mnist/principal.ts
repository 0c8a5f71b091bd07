import { matMul, mul, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { own, read, type Owned } from "@lab/tensor-core";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { Digits, Sample } from "./sample.ts";

/**
 * The same digits in the basis of their principal components, x′ = Qᵀx with E xxᵀ = Q diag(a) Qᵀ over S: for a sampler, whose coordinates this leaves nearly
 * uncorrelated.
 *
 * W x = (W Q) x′, and N(0, σ₀² I) of W is that of W Q: prior, energy and the Gibbs posterior are the same. A factorised Gaussian is not, and stays with pixels.
 */
export async function principal({ train, test }: Sample): Promise<Owned<Sample>> {
  const [inputs, examples] = train.x.shape;
  using second = own(() => mul(matMul(train.x, train.x, false, true), 1 / examples));
  const { data } = await read(second.value);
  const { eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(inputs, inputs, Array.from(data)), { assumeSymmetric: true });
  return own(() => {
    const q = tensor2d(eigenvectorMatrix.to2DArray());
    const turned = ({ x, y }: Digits): Digits => ({ x: matMul(q, x, true) as Tensor2D, y });
    return { train: turned(train), test: turned(test) };
  });
}
