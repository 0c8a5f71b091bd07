import { add, fill, mul, sigmoid, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { applyUpdates, chain, scaleByAdam, scaleByLearningRate, split, termsAndGrad } from "@lab/tensor-core";
import { tensors, type Algorithm, type GradientTransform, type Key, type Params, type Tree } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { empiricalRisk } from "../loss/empirical-risk.ts";
import { boundDescent, type BoundDescentInfo, type BoundDescentState } from "./bound-descent.ts";
import { meanFieldDraw, meanFieldKl, type MeanField } from "./mean-field.ts";
import { atLambda, checkedObjective, type ObjectiveOptions } from "./objective.ts";

/** The Gaussians' descent, and a for each run, [run], with what its own transform remembers. */
export type LambdaDescentState<P extends Params, S extends Tree> = {
  readonly descent: BoundDescentState<P, S>;
  readonly logit: Tensor;
  readonly transform: Tree;
};

/** What `boundDescent` says, and the λ that it descended at, [run]. */
export type LambdaDescentInfo = BoundDescentInfo & { readonly lambda: Tensor };

export type LambdaDescentOptions<S extends Tree> = ObjectiveOptions & {
  /** Of the Gaussians. */
  readonly transform: GradientTransform<S>;
  /** Of a; it descends as the last of its chain says. */
  readonly lambdaTransform?: GradientTransform;
  /** The first a: one, or one for each run. */
  readonly logit?: number | readonly number[];
};

/**
 * Descends flambda = r̂/(1 − λ/2) + (KL + ln(2√n/δ))/(nλ(1 − λ/2)) in turn over the Gaussians and over λ = 1/√n + (1 − 1/√n) σ(a) [PerezOrtiz2021, §6].
 *
 * Each step moves the Gaussians at the λ it has, then a by the gradient at the Gaussians it has then, with a draw of their risk of its own. [1/√n, 1] holds
 * `bestLambda` whatever r̂ ≤ 1 and the KL: there λ goes, and the objective is then `quadraticObjective`. The bound `lambda` holds for all λ at once, so that a
 * trained one costs nothing. σ is flat far from 0: a begins at 6, with λ near 1.
 *
 * @throws RangeError unless n is a whole number of at least 8, δ in (0, 1), and there is one finite a, or one for each run
 * @example
 * ```ts
 * import { square, sub, zeros } from "@tensorflow/tfjs-core";
 * import { chain, key, run, scaleByAdam } from "@lab/tensor-core";
 * import { gaussianPrior, gibbsPosterior, lambdaDescent, meanFieldAtPrior, scaleByLearningRates, type LambdaDescentInfo } from "@lab/pacbayes";
 * const prior = gaussianPrior({ w: zeros([1, 1]) }, { scale: 0.1 });
 * const energy = gibbsPosterior(({ w }) => square(sub(w, 0.3)), { prior });
 * const algorithm = lambdaDescent(energy, { n: 1000, delta: 0.05, logit: 0, transform: chain(scaleByAdam(), scaleByLearningRates([0.1])) });
 * const record = (_: unknown, { lambda }: LambdaDescentInfo) => ({ lambda });
 * using result = await run(algorithm, meanFieldAtPrior(prior, { runs: 1 }), { key: key(1), steps: 200, record });
 * result.trace.lambda.get(199, 0) > 0.7; // => true
 * ```
 */
export function lambdaDescent<P extends Params, S extends Tree>(
  energy: Energy<P>,
  { n, delta, transform, lambdaTransform = chain(scaleByAdam(), scaleByLearningRate(0.05)), logit = 6 }: LambdaDescentOptions<S>,
): Algorithm<MeanField<P>, LambdaDescentState<P, S>, LambdaDescentInfo> {
  checkedObjective({ n, delta });
  const starts = typeof logit === "number" ? [logit] : logit;
  const bad = starts.find((a) => !Number.isFinite(a));
  if (starts.length === 0 || bad !== undefined) throw new RangeError(`Cannot descend over lambda: expected a finite start for each run, got ${bad ?? "none"}`);
  const least = 1 / Math.sqrt(n);
  const lambdaAt = (a: Tensor): Tensor => add(mul(sigmoid(a), 1 - least), least);
  const descentAt = (lambda: Tensor): Algorithm<MeanField<P>, BoundDescentState<P, S>, BoundDescentInfo> =>
    boundDescent(energy, { objective: atLambda(lambda, { n, delta }), transform });

  return {
    init(posterior) {
      const runs = tensors(posterior.mean)[0]?.shape[0] ?? 0;
      if (typeof logit !== "number" && logit.length !== runs)
        throw new RangeError(`Cannot descend over lambda: expected a start for each of ${runs} runs, got ${logit.length}`);
      const a = typeof logit === "number" ? fill([runs], logit) : tensor1d([...logit]);
      return { descent: descentAt(a).init(posterior), logit: a, transform: lambdaTransform.init({ logit: a }) };
    },
    step(key, state) {
      const [gaussianKey, lambdaKey] = split(key, 2) as [Key, Key];
      const lambda = lambdaAt(state.logit);
      const [descent, info] = descentAt(lambda).step(gaussianKey, state.descent);
      const risk = empiricalRisk(energy(meanFieldDraw(lambdaKey, descent.posterior)));
      const kl = meanFieldKl(descent.posterior);
      const { grad } = termsAndGrad(({ logit }: { readonly logit: Tensor }) => atLambda(lambdaAt(logit), { n, delta })(risk, kl))({ logit: state.logit });
      const [updates, remembered] = lambdaTransform.update(grad, state.transform, { logit: state.logit });
      return [
        { descent, logit: applyUpdates({ logit: state.logit }, updates).logit, transform: remembered },
        { ...info, lambda },
      ];
    },
  };
}
