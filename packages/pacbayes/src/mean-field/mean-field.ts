import { add, exp, fill, mul, slice, square, sub, sum, tile, type Tensor } from "@tensorflow/tfjs-core";
import { map, normalLike, tensors, type Key, type Params } from "@lab/tensor-core";
import type { GaussianPrior } from "../gibbs/gaussian-prior.ts";

/**
 * Gaussians with independent coordinates, ρ = N(m, diag(e^{s})²) in whitened coordinates, one for each run: leaves [run, …].
 *
 * In the parameters themselves the mean is μ₀ + σ₀ m and the scale σ₀ e^{s}.
 */
export type MeanField<P extends Params> = { readonly mean: P; readonly logScale: P };

/**
 * The prior itself, as the mean-field Gaussian with m = 0, s = 0 and KL 0, once for each run; `logScale` starts it narrower or wider.
 *
 * @throws RangeError unless `runs` is a whole number of at least 1
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { gaussianPrior, meanFieldAtPrior, meanFieldKl } from "@lab/pacbayes";
 * meanFieldKl(meanFieldAtPrior(gaussianPrior({ w: zeros([1, 3]) }, { scale: 0.1 }), { runs: 2 })).dataSync(); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export function meanFieldAtPrior<P extends Params>(
  { mean }: GaussianPrior<P>,
  { runs, logScale = 0 }: { readonly runs: number; readonly logScale?: number },
): MeanField<P> {
  if (!(Number.isInteger(runs) && runs >= 1))
    throw new RangeError(`Cannot start a mean-field Gaussian: runs must be a whole number of at least 1, got ${runs}`);
  return { mean: map((x) => fill([runs, ...x.shape.slice(1)], 0), mean), logScale: map((x) => fill([runs, ...x.shape.slice(1)], logScale), mean) };
}

/**
 * KL(ρ‖π) = ½ Σⱼ (m² + e^{2s} − 2s − 1), nats, of each run: [run].
 *
 * In float32, of terms that are each at least 0: for the record, sum in float64 on the host.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { meanFieldKl } from "@lab/pacbayes";
 * meanFieldKl({ mean: { w: tensor2d([[1, 2]]) }, logScale: { w: tensor2d([[0, 0]]) } }).dataSync(); // => Float32Array(1) [ 2.5 ]
 * ```
 */
export function meanFieldKl<P extends Params>({ mean, logScale }: MeanField<P>): Tensor {
  const scales = tensors(logScale);
  return tensors(mean)
    .map((m, i) => {
      const s = mul(scales[i]!, 2);
      const terms = add(square(m), sub(sub(exp(s), s), 1));
      return mul(sum(terms, terms.shape.map((_, axis) => axis).slice(1)), 0.5);
    })
    .reduce((total, next) => add(total, next));
}

/**
 * u = m + e^{s} ⊙ z, z ~ N(0, I): one exact draw of each run, whitened, [run, …].
 *
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { gaussianPrior, meanFieldAtPrior, meanFieldDraw } from "@lab/pacbayes";
 * meanFieldDraw(key(1), meanFieldAtPrior(gaussianPrior({ w: zeros([1, 3]) }, { scale: 0.1 }), { runs: 2 })).w.shape; // => [ 2, 3 ]
 * ```
 */
export function meanFieldDraw<P extends Params>(key: Key, { mean, logScale }: MeanField<P>): P {
  return map((m, s, z) => add(m, mul(exp(s), z)), mean, logScale, normalLike(key, mean));
}

/**
 * The Gaussian of one run, `copies` times: each draw of the result is `copies` independent draws of that run.
 *
 * @throws RangeError unless the run exists and `copies` is a whole number of at least 1
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { gaussianPrior, meanFieldAtPrior, ofRun } from "@lab/pacbayes";
 * ofRun(meanFieldAtPrior(gaussianPrior({ w: zeros([1, 3]) }, { scale: 0.1 }), { runs: 2 }), 1, { copies: 8 }).mean.w.shape; // => [ 8, 3 ]
 * ```
 */
export function ofRun<P extends Params>(posterior: MeanField<P>, run: number, { copies = 1 }: { readonly copies?: number } = {}): MeanField<P> {
  const runs = tensors(posterior.mean)[0]?.shape[0] ?? 0;
  if (!(Number.isInteger(run) && run >= 0 && run < runs))
    throw new RangeError(`Cannot pick a mean-field Gaussian: run must be a whole number in [0, ${runs}), got ${run}`);
  if (!(Number.isInteger(copies) && copies >= 1))
    throw new RangeError(`Cannot pick a mean-field Gaussian: copies must be a whole number of at least 1, got ${copies}`);
  return map((x) => {
    const [, ...rest] = x.shape;
    const row = slice(x, [run, ...rest.map(() => 0)], [1, ...rest]);
    return tile(row, [copies, ...rest.map(() => 1)]);
  }, posterior);
}
