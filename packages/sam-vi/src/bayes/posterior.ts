import { add as plus, log, mul } from "@tensorflow/tfjs-core";
import { map, type MeanField, type Params } from "@lab/tensor-core";

/**
 * N(m, 1/(ess (h + δ))): what IVON has learnt, for `meanFieldDraw` and predictions [Shen2024, Algorithm 1].
 *
 * ess and weightDecay are those that it was run with.
 *
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { ivon, ivonPosterior } from "@lab/sam-vi";
 * const { init } = ivon(({ w }: { readonly w: Tensor1D }): Scalar => sum(square(w)), { learningRate: 0.1, ess: 100, hessian: 0.75, weightDecay: 0.25 });
 * const { logScale } = ivonPosterior(init({ w: tensor1d([0]) }), { ess: 100, weightDecay: 0.25 });
 * Math.exp(logScale.w.dataSync()[0]).toFixed(4); // => '0.1000'
 * ```
 */
export function ivonPosterior<P extends Params>(
  { mean, hessian }: { readonly mean: P; readonly hessian: P },
  { ess, weightDecay = 1e-4 }: { readonly ess: number; readonly weightDecay?: number },
): MeanField<P> {
  return { mean, logScale: map((h) => mul(log(mul(plus(h, weightDecay), ess)), -0.5), hessian) };
}

/**
 * N(w, 1/(n s)): what bSAM has learnt, for `meanFieldDraw` and predictions [Mollenhoff2023, Algorithm 1].
 *
 * n is that which it was run with.
 *
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { bsam, bsamPosterior } from "@lab/sam-vi";
 * const { init } = bsam(({ w }: { readonly w: Tensor1D }): Scalar => sum(square(w)), { n: 100, precision: 1 });
 * Math.exp(bsamPosterior(init({ w: tensor1d([0]) }), { n: 100 }).logScale.w.dataSync()[0]).toFixed(4); // => '0.1000'
 * ```
 */
export function bsamPosterior<P extends Params>({ mean, precision }: { readonly mean: P; readonly precision: P }, { n }: { readonly n: number }): MeanField<P> {
  return { mean, logScale: map((s) => mul(log(mul(s, n)), -0.5), precision) };
}
