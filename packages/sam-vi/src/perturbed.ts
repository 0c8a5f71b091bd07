import { add as plus, scalar, type Scalar } from "@tensorflow/tfjs-core";
import {
  add,
  applyUpdates,
  split,
  valueAndGrad,
  type Algorithm,
  type GradientTransform,
  type MeanField,
  type Objective,
  type Params,
  type Tree,
} from "@lab/tensor-core";
import { batchGradient, remembered } from "./batch-gradient.ts";
import { chunks as parts, refuseEmpty } from "./chunks.ts";
import type { Direction } from "./direction/direction.ts";
import type { Penalty } from "./penalty/kl-to-prior.ts";
import { perturbedDrive, perturbedGradient, type Drive } from "./perturbed-gradient.ts";
import { weightedMean } from "./weighted-mean.ts";

export type PerturbedState<P extends Params, S extends Tree> = { readonly posterior: MeanField<P>; readonly transform: S; readonly count: Scalar };
/** The loss at the perturbed point, the penalty before the step, and the loss at the mean where the direction asked for its gradient anyway. */
export type PerturbedInfo = { readonly loss: Scalar; readonly penalty: Scalar; readonly cleanLoss?: Scalar };
/** A direction that changes with the number of steps taken, a float32 scalar. */
export type DirectionSchedule = { at(count: Scalar): Direction };
/** How often, and on which parts of a batch, a step looks from the mean. */
export type Looks = {
  /** K: gradients are averaged over so many directions, each with a key of its own. */
  readonly samples?: number;
  /** Parts of a batch, each of which is perturbed by itself, as in m-sharpness; what is averaged are the gradients at the perturbed points. */
  readonly chunks?: number;
  /** Parts of a batch over which each gradient is accumulated: the same step, up to rounding. */
  readonly microBatches?: number;
};
export type PerturbedOptions<S extends Tree> = Looks & {
  readonly direction: Direction | DirectionSchedule;
  /** Works on the tree { mean, logScale }: wrap it in `fixedScale` where the scale is not learned. */
  readonly transform: GradientTransform<S>;
  readonly penalty?: Penalty;
  readonly drive?: Drive;
};

/**
 * Descends E_u L(mean + σ ⊙ u) + penalty(mean, σ), one direction a step [Ujvary2022]:
 * g₁ = ∇L(mean + σ ⊙ u); ∂mean = g₁ + ∂penalty/∂mean; ∂ln σ = g₁ ⊙ σ ⊙ u + ∂penalty/∂ln σ.
 *
 * With `gaussian` and KL/n as penalty this is mean-field VI; with `adversarial`, a fixed scale ρ/√D and no penalty, SAM of radius ρ. How u depends on
 * mean and σ is not differentiated. The mean itself is never moved to the perturbed point. A gradient that is not finite makes the mean so: `skipNonFinite`
 * passes over such a step.
 *
 * @throws TypeError as `valueAndGrad`; RangeError for samples, chunks or microBatches that are not whole numbers of at least 1, for a batch without examples
 * and for one of fewer examples than parts
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key, meanField, sgd } from "@lab/tensor-core";
 * import { adversarial, fixedScale, perturbed } from "@lab/sam-vi";
 * const step = perturbed(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { direction: adversarial(), transform: fixedScale(sgd(0.25)) });
 * const start = step.init(meanField({ w: tensor1d([3, 4]) }, { scale: 5 / Math.SQRT2 }));
 * const [{ posterior }] = step.step(key(0), start, undefined);
 * posterior.mean.w.dataSync().map(Math.round); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export function perturbed<P extends Params, S extends Tree, Batch = void>(
  loss: Objective<P, Batch>,
  { direction, transform, penalty, drive = perturbedDrive, samples = 1, chunks = 1, microBatches = 1 }: PerturbedOptions<S>,
): Algorithm<MeanField<P>, PerturbedState<P, S>, PerturbedInfo, Batch> {
  for (const [name, value] of Object.entries({ samples, chunks, microBatches }))
    if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`Cannot perturb: expected ${name} to be a whole number of at least 1, got ${value}`);
  return {
    init: (posterior) => ({ posterior, transform: transform.init(posterior), count: scalar(0) }),
    step(key, { posterior, transform: before, count }, batch) {
      refuseEmpty(batch);
      const towards = typeof direction === "function" ? direction : direction.at(count);
      const looks = samples * chunks;
      const keys = looks === 1 ? [key] : split(key, looks);
      const seen = parts(batch, chunks).map(({ batch: part, weight }, i) => {
        const gradient = remembered(batchGradient(loss, part, { microBatches }), posterior.mean);
        const found = Array.from({ length: samples }, (_, j) => {
          const look = perturbedGradient(gradient.at, posterior, { key: keys[i * samples + j]!, direction: towards, drive });
          return { value: { loss: look.loss, grad: look.grad }, weight: 1 / samples };
        });
        const clean = gradient.clean();
        return { value: { ...weightedMean(found), ...(clean !== undefined && { cleanLoss: clean.value }) }, weight };
      });
      const { grad, ...losses } = weightedMean(seen);
      const paid = penalty === undefined ? undefined : valueAndGrad(penalty<P>)(posterior);
      const [updates, after] = transform.update(paid === undefined ? grad : add(grad, paid.grad), before, posterior);
      return [
        { posterior: applyUpdates(posterior, updates), transform: after, count: plus(count, 1) },
        { ...losses, penalty: paid?.value ?? scalar(0) },
      ];
    },
  };
}
