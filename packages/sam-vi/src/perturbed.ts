import { exp, mul as times, scalar, type Scalar } from "@tensorflow/tfjs-core";
import {
  add,
  applyUpdates,
  map,
  mul,
  valueAndGrad,
  type Algorithm,
  type GradientTransform,
  type MeanField,
  type Objective,
  type Params,
  type Tree,
} from "@lab/tensor-core";
import type { Direction } from "./direction/direction.ts";
import type { Penalty } from "./penalty/kl-to-prior.ts";

export type PerturbedState<P extends Params, S extends Tree> = { readonly posterior: MeanField<P>; readonly transform: S };
/** The loss at the perturbed point, and the penalty before the step. */
export type PerturbedInfo = { readonly loss: Scalar; readonly penalty: Scalar };
export type PerturbedOptions<S extends Tree> = {
  readonly direction: Direction;
  /** Works on the tree { mean, logScale }: wrap it in `fixedScale` where the scale is not learned. */
  readonly transform: GradientTransform<S>;
  readonly penalty?: Penalty;
};

/**
 * Descends E_u L(mean + σ ⊙ u) + penalty(mean, σ), one direction a step [Ujvary2022]:
 * g₁ = ∇L(mean + σ ⊙ u); ∂mean = g₁ + ∂penalty/∂mean; ∂ln σ = g₁ ⊙ σ ⊙ u + ∂penalty/∂ln σ.
 *
 * With `gaussian` and KL/n as penalty this is mean-field VI; with `adversarial`, a fixed scale ρ/√D and no penalty, SAM of radius ρ. How u depends on
 * mean and σ is not differentiated. The mean itself is never moved to the perturbed point.
 *
 * @throws TypeError as `valueAndGrad`
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
  { direction, transform, penalty }: PerturbedOptions<S>,
): Algorithm<MeanField<P>, PerturbedState<P, S>, PerturbedInfo, Batch> {
  return {
    init: (posterior) => ({ posterior, transform: transform.init(posterior) }),
    step(key, { posterior, transform: before }, batch) {
      const at = valueAndGrad((params: P) => loss(params, batch));
      const u = direction(key, posterior, (params) => at(params).grad);
      const offset = map((l, ui) => times(exp(l), ui), posterior.logScale, u);
      const { value, grad } = at(add(posterior.mean, offset));
      const likelihood: MeanField<P> = { mean: grad, logScale: mul(grad, offset) };
      const paid = penalty === undefined ? undefined : valueAndGrad(penalty<P>)(posterior);
      const total = paid === undefined ? likelihood : add(likelihood, paid.grad);
      const [updates, after] = transform.update(total, before, posterior);
      return [
        { posterior: applyUpdates(posterior, updates), transform: after },
        { loss: value, penalty: paid?.value ?? scalar(0) },
      ];
    },
  };
}
