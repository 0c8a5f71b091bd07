import { exp, mul as times, type Scalar } from "@tensorflow/tfjs-core";
import { add, map, mul, type Key, type MeanField, type Params } from "@lab/tensor-core";
import type { BatchGradient } from "./batch-gradient.ts";
import type { Direction } from "./direction/direction.ts";

/**
 * Which gradients drive mean and scale: of g₁ at the perturbed point and, if asked for, g₀ at the mean. By default g₁ drives both.
 *
 * `logScale` is what σ ⊙ u is multiplied with to give ∂ln σ.
 */
export type Drive = <P extends Params>(perturbed: P, clean: () => P) => MeanField<P>;

/** g₁ drives the mean and the scale. */
export const perturbedDrive: Drive = (perturbed) => ({ mean: perturbed, logScale: perturbed });

/** What one look from the mean gives: L(mean + σ ⊙ u), the gradients in mean and ln σ, and the offset σ ⊙ u. */
export type Look<P extends Params> = { readonly loss: Scalar; readonly grad: MeanField<P>; readonly offset: P };

/** g₁ = ∇L(mean + σ ⊙ u); ∂mean = g₁; ∂ln σ = g₁ ⊙ σ ⊙ u [Ujvary2022]. How u depends on mean and σ is not differentiated. */
export function perturbedGradient<P extends Params>(
  at: BatchGradient<P>,
  posterior: MeanField<P>,
  { key, direction, drive = perturbedDrive }: { readonly key: Key; readonly direction: Direction; readonly drive?: Drive },
): Look<P> {
  const u = direction(key, posterior, (params) => at(params).grad);
  const offset = map((l, ui) => times(exp(l), ui), posterior.logScale, u);
  const { value, grad } = at(add(posterior.mean, offset));
  const { mean, logScale } = drive(grad, () => at(posterior.mean).grad);
  return { loss: value, grad: { mean, logScale: mul(logScale, offset) }, offset };
}
