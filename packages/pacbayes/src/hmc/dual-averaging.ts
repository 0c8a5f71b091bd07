import { add, div, log, mean, minimum, mul, neg, pow, scalar, sqrt, sub, zerosLike, type Scalar, type Tensor } from "@tensorflow/tfjs-core";

/** What dual averaging remembers; scalars, or [chain] where each chain has its own step size. The step size to use while adapting is e^{logStep}, the one to keep e^{logAverage}. */
export type DualAveragingState = {
  readonly count: Scalar;
  readonly error: Tensor;
  readonly logStep: Tensor;
  readonly logAverage: Tensor;
  readonly shrinkage: Tensor;
};

export type DualAveragingOptions = {
  readonly target?: number;
  readonly gamma?: number;
  readonly t0?: number;
  readonly kappa?: number;
  /** No step is larger. With rotations let it be the time that a trajectory lasts: at λ = 0 no step is ever rejected. */
  readonly most?: number;
};

/** Step sizes from acceptances. */
export interface DualAveraging {
  init(stepSize: Tensor): DualAveragingState;
  update(state: DualAveragingState, acceptance: Tensor): DualAveragingState;
}

/**
 * H̄ₜ = (1 − 1/(t + t₀)) H̄ₜ₋₁ + (target − αₜ)/(t + t₀), ln εₜ = μ − √t H̄ₜ/γ, ln ε̄ₜ = t^{−κ} ln εₜ + (1 − t^{−κ}) ln ε̄ₜ₋₁, μ = ln 10ε₀ [Hoffman2014, §3.2].
 *
 * α is the mean of the acceptances given, over chains; with a step size for each chain, each follows its own. A NaN acceptance must be given as 0, as `metropolis` does, so that it shrinks the step.
 *
 * @throws RangeError unless 0 < target < 1, γ > 0, t₀ ≥ 0 and ½ < κ ≤ 1
 * @example
 * ```ts
 * import { scalar, tensor1d } from "@tensorflow/tfjs-core";
 * import { dualAveraging } from "@lab/pacbayes";
 * const { init, update } = dualAveraging({ target: 0.8 });
 * const { logStep } = update(init(scalar(0.1)), tensor1d([0, 0]));
 * logStep.dataSync()[0] < Math.log(0.5); // => true
 * ```
 */
export function dualAveraging({ target = 0.8, gamma = 0.05, t0 = 10, kappa = 0.75, most = Infinity }: DualAveragingOptions = {}): DualAveraging {
  if (!(target > 0 && target < 1)) throw new RangeError(`Cannot adapt a step size: target must be in (0, 1), got ${target}`);
  if (!(gamma > 0)) throw new RangeError(`Cannot adapt a step size: gamma must be positive, got ${gamma}`);
  if (!(t0 >= 0)) throw new RangeError(`Cannot adapt a step size: t0 must be at least 0, got ${t0}`);
  if (!(kappa > 0.5 && kappa <= 1)) throw new RangeError(`Cannot adapt a step size: kappa must be in (0.5, 1], got ${kappa}`);
  if (!(most > 0)) throw new RangeError(`Cannot adapt a step size: most must be positive, got ${most}`);
  return {
    init(stepSize) {
      const logStep = log(stepSize);
      return { count: scalar(0), error: zerosLike(logStep), logStep, logAverage: logStep, shrinkage: add(logStep, Math.LN10) };
    },
    update({ count, error, logAverage, shrinkage }, acceptance) {
      const t: Scalar = add(count, 1);
      const weight: Scalar = div(1, add(t, t0));
      const observed = shrinkage.rank === 0 ? mean(acceptance) : acceptance;
      const missed = add(mul(error, sub(1, weight)), mul(sub(target, observed), weight));
      const logStep = minimum(sub(shrinkage, mul(div(sqrt(t), gamma), missed)), Math.log(most));
      const eta: Scalar = pow(t, neg(kappa));
      return { count: t, error: missed, logStep, logAverage: add(mul(eta, logStep), mul(sub(1, eta), logAverage)), shrinkage };
    },
  };
}
