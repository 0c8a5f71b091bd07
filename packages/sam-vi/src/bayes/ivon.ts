import { add as plus, clipByValue, div, expm1, fill, mul, neg, rsqrt, scalar, square, sub, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { add, applyUpdates, map, split, zerosLike, type Algorithm, type Objective, type Params, type Schedule } from "@lab/tensor-core";
import type { Cost } from "../at-radius.ts";
import { batchGradient } from "../batch-gradient.ts";
import { refuseEmpty } from "../chunks.ts";
import { gaussian } from "../direction/gaussian.ts";
import type { Direction } from "../direction/direction.ts";
import { weightedMean } from "../weighted-mean.ts";
import { checked, counting, decayRate, nonNegative, positive, rateOf } from "./checked.ts";
import { ivonPosterior } from "./posterior.ts";

export type IvonOptions = {
  /** η, of the mean. */
  readonly learningRate: number | Schedule;
  /** The number of training examples, or less for a flatter posterior. */
  readonly ess: number;
  /** δ: the prior is N(0, I/(ess δ)). */
  readonly weightDecay?: number;
  /** h₀: the curvature to start from. */
  readonly hessian?: number;
  readonly b1?: number;
  readonly b2?: number;
  /** Draws whose gradients are averaged. */
  readonly samples?: number;
  /** The largest step in any coordinate, before the learning rate. */
  readonly clipRadius?: number;
  /** Of the curvature: by Price's theorem, ν ⊙ g/Var(ν), or from squared gradients. */
  readonly estimator?: "price" | "squared";
  /** Multiply the learning rate by h₀ + δ, so that it means at first what it means to plain descent. */
  readonly rescale?: boolean;
  /** Divide the momentum by 1 − β₁ᵗ. */
  readonly debias?: boolean;
  readonly microBatches?: number;
  /** z, from a key. */
  readonly noise?: Direction;
};
export type IvonState<P extends Params> = { readonly mean: P; readonly hessian: P; readonly momentum: P; readonly count: Scalar };
/** The loss at the draws, averaged. */
export type IvonInfo = { readonly loss: Scalar };

/**
 * θ = m + ν, ν ~ N(0, 1/(ess (h + δ))); M ← β₁ M + (1 − β₁) g; ĥ = ess (h + δ) ν ⊙ g;
 * h ← β₂ h + (1 − β₂) ĥ + ½ (1 − β₂)² (h − ĥ)²/(h + δ); m ← m − η (h₀ + δ) (M̂ + δ m)/(h + δ): the improved variational online Newton method, IVON [Shen2024, Algorithm 1].
 *
 * The last term of h keeps it positive. The loss is a **mean** log loss over examples. `ivonPosterior` is the Gaussian that it learns. One gradient a step and a draw.
 *
 * @throws RangeError unless ess and hessian are positive, weightDecay and the learning rate are not negative, 0 ≤ b1, b2 < 1, samples is a whole number of at least 1
 * and clipRadius is positive; TypeError for parameters that the loss does not use
 * @example
 * ```ts
 * import { square, sub, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { ivon } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(sub(w, tensor1d([1, -1]))));
 * using result = await run(ivon(loss, { learningRate: 0.1, ess: 1e4, hessian: 2 }), { w: tensor1d([3, 4]) }, { key: key(0), steps: 200 });
 * result.state.value.mean.w.dataSync().map(Math.round); // => Float32Array(2) [ 1, -1 ]
 * ```
 */
export function ivon<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  {
    learningRate,
    ess,
    weightDecay = 1e-4,
    hessian: initial = 1,
    b1 = 0.9,
    b2 = 0.99999,
    samples = 1,
    clipRadius = Infinity,
    estimator = "price",
    rescale = true,
    debias = true,
    microBatches = 1,
    noise = gaussian(),
  }: IvonOptions,
): Algorithm<P, IvonState<P>, IvonInfo, Batch> & Cost {
  const learner = "IVON";
  const rate = rateOf(learningRate, learner);
  checked({ ess, hessian: initial }, { ...positive, learner });
  checked({ weightDecay }, { ...nonNegative, learner });
  checked({ b1, b2 }, { ...decayRate, learner });
  checked({ samples, microBatches }, { ...counting, learner });
  checked({ clipRadius }, { says: "in (0, ∞]", holds: (x) => x > 0, learner });
  const factor = rescale ? initial + weightDecay : 1;
  return {
    gradientsPerStep: samples,
    init: (mean) => ({ mean, hessian: map((x) => fill(x.shape, initial), mean), momentum: zerosLike(mean), count: scalar(0) }),
    step(key, { mean, hessian, momentum, count }, batch) {
      refuseEmpty(batch);
      const at = batchGradient(loss, batch, { microBatches });
      const deviation = map((h) => rsqrt(mul(plus(h, weightDecay), ess)), hessian);
      const keys = samples === 1 ? [key] : split(key, samples);
      const met = keys.map((k) => {
        const posterior = ivonPosterior({ mean, hessian }, { ess, weightDecay });
        const nu = map(
          (d, z) => mul(d, z),
          deviation,
          noise(k, posterior, (params) => at(params).grad),
        );
        const { value, grad } = at(add(mean, nu));
        const curvature =
          estimator === "price" ? map((n, g, h) => mul(mul(n, g), mul(plus(h, weightDecay), ess)), nu, grad, hessian) : map((g) => mul(square(g), ess), grad);
        return { value: { loss: value, grad, curvature }, weight: 1 / samples };
      });
      const { loss: value, grad, curvature } = weightedMean(met);
      const taken: Scalar = plus(count, 1);
      const next = map((m, g) => plus(mul(m, b1), mul(g, 1 - b1)), momentum, grad);
      // 1 − βᵗ = −expm1(t ln β), and 1 where β is 0.
      const unbiased = debias ? neg(expm1(mul(taken, Math.log(b1)))) : scalar(1);
      const sharper = map(
        (h, f) => plus(plus(h, mul(sub(f, h), 1 - b2)), div(mul(square(sub(h, f)), 0.5 * (1 - b2) ** 2), plus(h, weightDecay))),
        hessian,
        curvature,
      );
      const speed = mul(rate(count), -factor);
      const updates = map(
        (g, m, h) => mul(clipped(div(plus(div(g, unbiased), mul(m, weightDecay)), plus(h, weightDecay)), clipRadius), speed),
        next,
        mean,
        sharper,
      );
      return [{ mean: applyUpdates(mean, updates), hessian: sharper, momentum: next, count: taken }, { loss: value }];
    },
  };
}

function clipped(x: Tensor, radius: number): Tensor {
  return radius === Infinity ? x : clipByValue(x, -radius, radius);
}
