/**
 * KL(N(m, diag(e^{s})²) ‖ N(0, I)) = ½ Σⱼ (mⱼ² + e^{2sⱼ} − 2sⱼ − 1), nats, in float64: the KL of a mean-field Gaussian in whitened coordinates.
 *
 * Each term is at least 0, computed as mⱼ² + (expm1(2sⱼ) − 2sⱼ), so that none is lost near the prior.
 *
 * @throws RangeError if the lengths differ
 * @example
 * ```ts
 * import { gaussianKl } from "@lab/pacbayes";
 * gaussianKl([1, 2], [0, 0]); // => 2.5
 * ```
 */
export function gaussianKl(mean: ArrayLike<number>, logScale: ArrayLike<number>): number {
  if (mean.length !== logScale.length)
    throw new RangeError(`Cannot take the KL of a Gaussian: expected as many scales as means, got ${logScale.length} and ${mean.length}`);
  let sum = 0;
  for (let j = 0; j < mean.length; j++) sum += mean[j]! ** 2 + Math.max(0, Math.expm1(2 * logScale[j]!) - 2 * logScale[j]!);
  return sum / 2;
}
