import { add, div, log, maximum, mul, square, sub, zerosLike, type Scalar } from "@tensorflow/tfjs-core";
import {
  adam,
  descent,
  map,
  momentum,
  type Algorithm,
  type GradientTransform,
  type MeanField,
  type Objective,
  type Params,
  type Schedule,
  type Tree,
} from "@lab/tensor-core";
import { asam, bsam, bsamPosterior, ivon, ivonPosterior, mfvi, mixSam, randomSam, sam, separate, variationalSam, type Cost } from "@lab/sam-vi";
import type { Digits } from "./digits.ts";

/** What is tuned: tensors in the state, so that one compiled step serves all of it. */
export type Tuned = { readonly rate: Scalar; readonly rho: Scalar; readonly kappa: Scalar };
export type Start<P extends Params> = { readonly params: P; readonly tuned: Tuned };
type State = { readonly inner: Tree; readonly tuned: Tuned };

/** One way to learn the weights of a network. */
export type Learner<P extends Params> = Cost & {
  readonly name: string;
  readonly algorithm: Algorithm<Start<P>, State, { readonly loss: Scalar }, Digits>;
  /** Where it has arrived. */
  readonly params: (state: State) => P;
  /** The Gaussian that it predicts by, if it learns one. */
  readonly posterior?: (state: State) => MeanField<P>;
  readonly tunes: readonly (keyof Tuned)[];
};

type Family<P extends Params, S extends Tree> = {
  readonly at: (tuned: Tuned) => Algorithm<P, S, { readonly loss: Scalar }, Digits> & Cost;
  /** Changes the first state, where it depends on what is tuned. */
  readonly started?: (state: S, tuned: Tuned) => S;
  readonly params: (state: S) => P;
  readonly posterior?: (state: S) => MeanField<P>;
  readonly tunes?: readonly (keyof Tuned)[];
};

/** A family of algorithms as one, whose state holds which of them it is. */
function tunable<P extends Params, S extends Tree>(
  name: string,
  { at, started = (state) => state, params, posterior, tunes = ["rate", "rho"] }: Family<P, S>,
): Learner<P> {
  return {
    name,
    algorithm: {
      init: ({ params, tuned }) => ({ inner: started(at(tuned).init(params), tuned), tuned }),
      step(key, { inner, tuned }, batch) {
        const [next, { loss }] = at(tuned).step(key, inner as S, batch);
        return [{ inner: next, tuned }, { loss }];
      },
    },
    // What a step costs depends on nothing that is tuned.
    gradientsPerStep: at({} as Tuned).gradientsPerStep,
    params: ({ inner }) => params(inner as S),
    ...(posterior !== undefined && { posterior: ({ inner }: State) => posterior(inner as S) }),
    tunes,
  };
}

/** The deviation of the prior N(0, σ₀² I): about the size of the weights that such networks start from. */
const PRIOR_SCALE = 0.1;

/**
 * Every learner of the comparison, for `n` examples and `dimension` weights.
 *
 * What has no preconditioner of its own goes by momentum 0.9, ln σ by Adam. ρ is a radius, or where σ is learned its start, ρ/√D. The rates of IVON and bSAM are
 * in units of their first preconditioner, and times ten because their momentum is an average.
 */
export function learners<P extends Params>(
  loss: Objective<P, Digits>,
  { n, dimension }: { readonly n: number; readonly dimension: number },
): readonly Learner<P>[] {
  const descending = (tuned: Tuned): GradientTransform => momentum(() => tuned.rate) as GradientTransform;
  const looking = (tuned: Tuned): { rho: Schedule; transform: GradientTransform } => ({ rho: () => tuned.rho, transform: descending(tuned) });
  const learning = (tuned: Tuned, scaleRate: number): { n: number; prior: { scale: number }; transform: GradientTransform } => ({
    n,
    prior: { scale: PRIOR_SCALE },
    transform: separate({ mean: descending(tuned), logScale: adam(scaleRate) }) as GradientTransform,
  });
  const everywhere = (like: P, value: Scalar): P => map((x) => add(zerosLike(x), value), like);
  type Looking = { readonly posterior: MeanField<P> };
  const mean = ({ posterior }: Looking): P => posterior.mean;
  const learnt = ({ posterior }: Looking): MeanField<P> => posterior;
  const fromRho = <S extends Looking>(state: S, { rho }: Tuned): S => ({
    ...state,
    posterior: { mean: state.posterior.mean, logScale: everywhere(state.posterior.mean, log(div(rho, Math.sqrt(dimension)))) },
  });
  /** 1/(n σ²) at σ = ρ/√D. */
  const precision = ({ rho }: Tuned): Scalar => div(dimension / n, square(rho));
  const preconditioned = (tuned: Tuned): Schedule => {
    return () => mul(mul(tuned.rate, 10), precision(tuned));
  };
  const weightDecay = 1 / (n * PRIOR_SCALE ** 2);
  return [
    tunable("SGD", {
      at: (tuned) => ({ ...descent(loss, { transform: descending(tuned) }), gradientsPerStep: 1 }),
      params: ({ params }) => params,
      tunes: ["rate"],
    }),
    tunable("SAM", { at: (tuned) => sam(loss, looking(tuned)), params: mean }),
    tunable("ASAM", { at: (tuned) => asam(loss, looking(tuned)), params: mean }),
    tunable("RandomSAM", { at: (tuned) => randomSam(loss, looking(tuned)), params: mean }),
    tunable("MixSAM", { at: (tuned) => mixSam(loss, { ...looking(tuned), kappa: () => tuned.kappa }), params: mean, tunes: ["rate", "rho", "kappa"] }),
    tunable("MFVI", { at: (tuned) => mfvi(loss, learning(tuned, 0.02)), started: fromRho, params: mean, posterior: learnt }),
    // Its perturbation is σ-weighted of length √D: with σ near that of the prior it would be far longer than any weight, so σ moves slowly.
    tunable("VariationalSAM", { at: (tuned) => variationalSam(loss, learning(tuned, 0.002)), started: fromRho, params: mean, posterior: learnt }),
    tunable("IVON", {
      at: (tuned) => ivon(loss, { learningRate: preconditioned(tuned), ess: n, weightDecay, b2: 0.999, rescale: false }),
      started: (state, tuned) => ({ ...state, hessian: everywhere(state.mean, maximum(sub(precision(tuned), weightDecay), 1e-3)) }),
      params: (state) => state.mean,
      posterior: (state) => ivonPosterior(state, { ess: n, weightDecay }),
    }),
    tunable("bSAM", {
      // Its ascent is ρ g/s: with the precisions here, which are far above those of its paper, a larger ρ reaches about as far.
      at: (tuned) => bsam(loss, { n, learningRate: preconditioned(tuned), rho: 1, priorPrecision: 1 / PRIOR_SCALE ** 2 }),
      started: (state, tuned) => ({ ...state, precision: everywhere(state.mean, precision(tuned)) }),
      params: (state) => state.mean,
      posterior: (state) => bsamPosterior(state, { n }),
    }),
  ];
}
