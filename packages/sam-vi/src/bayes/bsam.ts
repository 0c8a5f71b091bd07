import { abs, add as plus, div, fill, mul, rsqrt, scalar, sqrt, type Scalar } from "@tensorflow/tfjs-core";
import { add, applyUpdates, map, normalLike, split, zerosLike, type Algorithm, type Objective, type Params, type Schedule } from "@lab/tensor-core";
import type { Cost } from "../at-radius.ts";
import { batchGradient } from "../batch-gradient.ts";
import { chunks as parts, refuseEmpty } from "../chunks.ts";
import { weightedMean } from "../weighted-mean.ts";
import { checked, counting, decayRate, nonNegative, positive, rateOf } from "./checked.ts";

export type BsamOptions = {
  /** N: training examples, times an augmentation factor if there is one. */
  readonly n: number;
  /** α. */
  readonly learningRate?: number | Schedule;
  /** ρ: how far the ascent g/s goes; it is not normalised. */
  readonly rho?: number;
  /** δ N: the prior is N(0, I/priorPrecision). */
  readonly priorPrecision?: number;
  readonly damping?: number;
  /** s₀: the precision to start from, over N. */
  readonly precision?: number;
  readonly b1?: number;
  readonly b2?: number;
  /** Parts of a batch, each with a draw and an ascent of its own. */
  readonly chunks?: number;
};
export type BsamState<P extends Params> = { readonly mean: P; readonly momentum: P; readonly precision: P; readonly count: Scalar };
/** The loss at w′, averaged over the parts of the batch. */
export type BsamInfo = { readonly loss: Scalar };

/**
 * g = ∇L(w + z/√(N s)); w′ = w + ρ g/s; g′ = ∇L(w′); m ← β₁ m + (1 − β₁)(g′ + δ w); w ← w − α m/s;
 * s ← β₂ s + (1 − β₂)(√s ⊙ |g| + damping + δ): Bayesian SAM, an Adam that derives from an optimal relaxation of variational inference [Mollenhoff2023, Algorithm 1].
 *
 * The loss is a **mean** log loss over N examples; δ = priorPrecision/N. `bsamPosterior` is the Gaussian that it learns. Two gradients a step.
 *
 * @throws RangeError unless n and precision are positive, the learning rate, rho, priorPrecision and damping not negative, 0 ≤ b1, b2 < 1 and chunks a whole number of
 * at least 1; TypeError for parameters that the loss does not use
 * @example
 * ```ts
 * import { square, sub, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { bsam } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(sub(w, tensor1d([1, -1]))));
 * using result = await run(bsam(loss, { n: 1e4, learningRate: 0.1 }), { w: tensor1d([3, 4]) }, { key: key(0), steps: 200 });
 * result.state.value.mean.w.dataSync().map(Math.round); // => Float32Array(2) [ 1, -1 ]
 * ```
 */
export function bsam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { n, learningRate = 0.5, rho = 0.01, priorPrecision = 40, damping = 0.1, precision: initial = 1, b1 = 0.9, b2 = 0.999, chunks = 1 }: BsamOptions,
): Algorithm<P, BsamState<P>, BsamInfo, Batch> & Cost {
  const learner = "bSAM";
  const rate = rateOf(learningRate, learner);
  checked({ n, precision: initial }, { ...positive, learner });
  checked({ rho, priorPrecision, damping }, { ...nonNegative, learner });
  checked({ b1, b2 }, { ...decayRate, learner });
  checked({ chunks }, { ...counting, learner });
  const delta = priorPrecision / n;
  return {
    gradientsPerStep: 2,
    init: (mean) => ({ mean, momentum: zerosLike(mean), precision: map((x) => fill(x.shape, initial), mean), count: scalar(0) }),
    step(key, { mean, momentum, precision, count }, batch) {
      refuseEmpty(batch);
      const keys = chunks === 1 ? [key] : split(key, chunks);
      const met = parts(batch, chunks).map(({ batch: part, weight }, i) => {
        const at = batchGradient(loss, part);
        const g = at(map((w, s, z) => plus(w, mul(z, rsqrt(mul(s, n)))), mean, precision, normalLike(keys[i]!, mean))).grad;
        const { value, grad } = at(
          add(
            mean,
            map((x, s) => mul(div(x, s), rho), g, precision),
          ),
        );
        return { value: { loss: value, grad, curvature: map((x, s) => mul(sqrt(s), abs(x)), g, precision) }, weight };
      });
      const { loss: value, grad, curvature } = weightedMean(met);
      const next = map((m, g, w) => plus(mul(m, b1), mul(plus(g, mul(w, delta)), 1 - b1)), momentum, grad, mean);
      const speed = mul(rate(count), -1);
      const updates = map((m, s) => mul(div(m, s), speed), next, precision);
      const sharper = map((s, c) => plus(mul(s, b2), mul(plus(c, damping + delta), 1 - b2)), precision, curvature);
      return [{ mean: applyUpdates(mean, updates), momentum: next, precision: sharper, count: plus(count, 1) }, { loss: value }];
    },
  };
}
