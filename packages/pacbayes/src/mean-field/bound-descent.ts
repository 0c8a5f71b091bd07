import { add, div, exp, mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { applyUpdates, map, termsAndGrad, type Algorithm, type GradientTransform, type Params, type Tree } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { alongChains } from "../hmc/chain-sums.ts";
import { empiricalRisk } from "../loss/empirical-risk.ts";
import { meanFieldDraw, meanFieldKl, type MeanField } from "./mean-field.ts";
import type { BoundObjective } from "./objective.ts";

/** The Gaussians, and what the transform remembers. */
export type BoundDescentState<P extends Params, S extends Tree> = { readonly posterior: MeanField<P>; readonly transform: S };

/** Before the step, [run] each: the risk of one draw, the KL in nats, and the objective of both. */
export type BoundDescentInfo = { readonly risk: Tensor; readonly kl: Tensor; readonly objective: Tensor };

/**
 * Descends a bound over mean-field Gaussians: u = m + e^{s} ⊙ z, g = ∇_u r̂(u), with r and k the derivatives of the objective in risk and KL,
 * ∂m = r g + k m, ∂s = r g ⊙ e^{s} ⊙ z + k (e^{2s} − 1) [PerezOrtiz2021, §6; Kingma2014, §2.4].
 *
 * One draw of each run a step, on all examples. The gradient of the risk is unbiased; that of the bound, which is concave in the risk, is not quite.
 * `energy` is that of `gibbsPosterior`: losses [run, example].
 *
 * @example
 * ```ts
 * import { square, sub, zeros } from "@tensorflow/tfjs-core";
 * import { chain, key, run, scaleByAdam } from "@lab/tensor-core";
 * import { boundDescent, gaussianPrior, gibbsPosterior, meanFieldAtPrior, quadraticObjective, scaleByLearningRates } from "@lab/pacbayes";
 * const prior = gaussianPrior({ w: zeros([1, 1]) }, { scale: 0.1 });
 * const energy = gibbsPosterior(({ w }) => square(sub(w, 0.3)), { prior });
 * const algorithm = boundDescent(energy, { objective: quadraticObjective({ n: 1000, delta: 0.05 }), transform: chain(scaleByAdam(), scaleByLearningRates([0.1])) });
 * using result = await run(algorithm, meanFieldAtPrior(prior, { runs: 1 }), { key: key(1), steps: 100 });
 * result.state.value.posterior.mean.w.dataSync()[0] > 0.5; // => true
 * ```
 */
export function boundDescent<P extends Params, S extends Tree>(
  energy: Energy<P>,
  { objective, transform }: { readonly objective: BoundObjective; readonly transform: GradientTransform<S> },
): Algorithm<MeanField<P>, BoundDescentState<P, S>, BoundDescentInfo> {
  const losses = termsAndGrad(energy);
  const slopes = termsAndGrad(({ risk, kl }: { readonly risk: Tensor; readonly kl: Tensor }) => objective(risk, kl));
  return {
    init: (posterior) => ({ posterior, transform: transform.init(posterior) }),
    step(key, state) {
      const { mean, logScale } = state.posterior;
      const u = meanFieldDraw(key, state.posterior);
      const { terms, grad } = losses(u);
      const [risk, kl] = [empiricalRisk(terms), meanFieldKl(state.posterior)];
      const slope = slopes({ risk, kl });
      const byRisk = div(slope.grad.risk, terms.shape[1]!);
      const byKl = slope.grad.kl;
      const gradient = {
        mean: map((g, m) => add(mul(g, alongChains(byRisk, g)), mul(m, alongChains(byKl, m))), grad, mean),
        logScale: map(
          (g, m, s, at) => add(mul(mul(g, sub(at, m)), alongChains(byRisk, g)), mul(sub(exp(mul(s, 2)), 1), alongChains(byKl, s))),
          grad,
          mean,
          logScale,
          u,
        ),
      };
      const [updates, remembered] = transform.update(gradient as unknown as Params, state.transform, state.posterior as unknown as Params);
      return [
        { posterior: applyUpdates(state.posterior as unknown as Params, updates) as unknown as MeanField<P>, transform: remembered },
        { risk, kl, objective: slope.terms },
      ];
    },
  };
}
