import { add, cast, clipByValue, div, exp, isFinite as finite, log, logicalNot, maximum, minimum, mul, pow, scalar, sub } from "@tensorflow/tfjs-core";
import { ceil, greater, where, zeros, zerosLike, type Scalar, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { map, scaleByAdam, split, sub as minus, termsAndGrad, type AdamState, type Algorithm, type Params } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { chainDot, meanWithin, whereChains, withinMean } from "./chain-sums.ts";
import { dualAveraging, type DualAveragingState } from "./dual-averaging.ts";
import type { Dynamics } from "./endpoint.ts";
import { rotation } from "./flow.ts";
import type { HmcInfo, HmcOptions, HmcStart, HmcState } from "./hmc.ts";
import { leapfrog } from "./integrator.ts";
import { identity, type Metric } from "./metric.ts";
import { begun, transition, type Transition } from "./transition.ts";
import { vanDerCorput } from "./van-der-corput.ts";

/** What the longest time τ of a trajectory is learnt from; [chain], equal among the chains of one λ. */
export type TrajectoryLearning = { readonly count: Scalar; readonly logTime: Tensor; readonly logAverage: Tensor; readonly adam: AdamState };

export type CheesState<P extends Params> = {
  readonly sampler: HmcState<P>;
  readonly adaptation: DualAveragingState;
  readonly learning: TrajectoryLearning;
};

/** `time` is τ, [chain]: trajectories last v τ, v in (0, 1). */
export type CheesInfo = HmcInfo & { readonly time: Tensor };

export type CheesOptions<P extends Params> = Omit<HmcOptions<P>, "trajectory" | "metric"> & {
  readonly metric?: Metric<P>;
  /** Acceptance, as a harmonic mean over chains. */
  readonly target?: number;
  /** Of Adam, on ln τ. */
  readonly learningRate?: number;
  /** No step is larger, and no number of steps. */
  readonly mostStep?: number;
  readonly mostSteps?: number;
};

/** No change of ln τ is larger. */
const CLIP = 0.35;
/** Of the averages: (t + 1)^{−decay}. */
const DECAY = 0.5;
/** Below it an acceptance counts as this, so that one of zero does not make the harmonic mean undefined. */
const LEAST_ACCEPTANCE = 1e-10;

/**
 * Warm-up of Hamiltonian Monte Carlo that learns how long trajectories should last: τ climbs ChEES = ¼ E[(‖u′ − E u‖² − ‖u − E u‖²)²] by its gradient
 * along the trajectory, v τ (‖u′ − ū′‖² − ‖u − ū‖²) ⟨u′ − ū′, D p′⟩, averaged over chains with their acceptances as weights [Hoffman2021, §3].
 *
 * Adam on ln τ, each change within ±0.35; L = ⌈v τ/ε⌉ with v from van der Corput's sequence; ε by dual averaging of the harmonic mean of acceptances over
 * chains, divergent ones apart. Both are means over chains that share a λ: each rung of a ladder learns its own τ and ε, and needs several chains. While it
 * adapts the target is not invariant: record no draws, go on with `frozenChees`.
 *
 * @throws RangeError as `dualAveraging`, or unless the learning rate is positive and `mostSteps` a whole number of at least 1; ShapeError as `hmc`
 * @example
 * ```ts
 * import { ones, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, normal, own, run } from "@lab/tensor-core";
 * import { chees, frozenChees, hmc, lasting } from "@lab/pacbayes";
 * const energy = ({ u }: { u: Tensor }): Tensor => square(u);
 * const start = { position: { u: normal(key(0), [8, 5]) }, lambda: ones([8]), stepSize: scalar(0.05) };
 * using warm = await run(chees(energy), start, { key: key(1), steps: 40 });
 * using ready = own(() => frozenChees(warm.state.value));
 * const sampler = hmc(energy, { trajectory: lasting(ready.value.meanTime, { jitter: 1 }) });
 * using draws = await run(sampler, ready.value.start, { key: key(2), steps: 10, record: (_, { likelihood }) => ({ likelihood }) });
 * draws.trace.likelihood.shape; // => [ 10, 8 ]
 * ```
 */
export function chees<P extends Params>(
  energy: Energy<P>,
  {
    integrator = leapfrog,
    flow = rotation,
    metric = identity<P>(),
    divergence = 1000,
    target = 0.651,
    learningRate = 0.025,
    mostStep = Infinity,
    mostSteps = 1000,
  }: CheesOptions<P> = {},
): Algorithm<HmcStart<P>, CheesState<P>, CheesInfo> {
  if (!(learningRate > 0 && learningRate < Infinity)) throw new RangeError(`Cannot learn a trajectory: learningRate must be positive, got ${learningRate}`);
  if (!(Number.isInteger(mostSteps) && mostSteps >= 1))
    throw new RangeError(`Cannot learn a trajectory: mostSteps must be a whole number of at least 1, got ${mostSteps}`);
  const dynamics: Dynamics<P> = { evaluate: termsAndGrad(energy), integrator, flow, metric };
  const stepSizes = dualAveraging({ target, most: mostStep });
  const adam = scaleByAdam({ b1: 0, b2: 0.95 });

  return {
    init(start) {
      const state = begun("chees", start, dynamics);
      const stepSize = add(zeros(state.lambda.shape), start.stepSize);
      const logTime = log(stepSize);
      const learning = { count: scalar(0), logTime, logAverage: logTime, adam: adam.init({ logTime }) };
      return { sampler: { ...state, stepSize }, adaptation: stepSizes.init(stepSize), learning };
    },
    step(key, { sampler: state, adaptation, learning }) {
      const [momentumKey, acceptKey] = split(key);
      const share = vanDerCorput(learning.count);
      const time = exp(learning.logTime);
      const steps = cast(clipByValue(ceil(div(mul(share, time), state.stepSize)), 1, mostSteps), "int32");
      const moved = transition(dynamics, state, { keys: [momentumKey, acceptKey], steps, divergence });
      const means = meanWithin(state.lambda);
      const learnt = stepSizes.update(adaptation, harmonicMean(means, moved.info));
      const stepSize = exp(learnt.logStep);

      const slope = cheesSlope(dynamics, state, { moved, means, times: mul(share, time) });
      const [{ logTime: change }, nextAdam] = adam.update({ logTime: slope }, learning.adam, { logTime: learning.logTime });
      const climbed = add(learning.logTime, clipByValue(mul(change as Tensor, learningRate), -CLIP, CLIP));
      const logTime = minimum(maximum(climbed, learnt.logStep), add(learnt.logStep, Math.log(mostSteps)));
      const count: Scalar = add(learning.count, 1);
      const weight: Scalar = pow(count, -DECAY);
      const logAverage = add(mul(weight, logTime), mul(sub(1, weight), learning.logAverage));
      return [
        { sampler: { ...moved.next, stepSize }, adaptation: learnt, learning: { count, logTime, logAverage, adam: nextAdam } },
        { ...moved.info, steps, time },
      ];
    },
  };
}

/**
 * Where sampling starts after `chees`: the chains at their averaged step sizes, and the mean time of trajectories, τ/2, for `lasting` with a jitter of 1.
 *
 * @example
 * ```ts
 * import { ones, scalar, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { chees, frozenChees } from "@lab/pacbayes";
 * const warmup = chees(({ u }: { u: Tensor }) => square(u));
 * const { meanTime } = frozenChees(warmup.init({ position: { u: zeros([2, 3]) }, lambda: ones([2]), stepSize: scalar(0.5) }));
 * meanTime.dataSync(); // => Float32Array(2) [ 0.25, 0.25 ]
 * ```
 */
export function frozenChees<P extends Params>({ sampler, adaptation, learning }: CheesState<P>): { readonly start: HmcStart<P>; readonly meanTime: Tensor } {
  const { position, lambda } = sampler;
  return { start: { position, lambda, stepSize: exp(adaptation.logAverage) }, meanTime: mul(exp(learning.logAverage), 0.5) };
}

/** 1/mean(1/α) over the chains of one λ that did not diverge, [chain]; 0 where all did, so that the step shrinks. */
function harmonicMean(means: Tensor2D, { acceptance, divergent }: Transition<Params>["info"]): Tensor {
  const sound = cast(logicalNot(divergent), "float32");
  const inverse = withinMean(means, div(sound, maximum(acceptance, LEAST_ACCEPTANCE)));
  const share = withinMean(means, sound);
  return where(greater(share, 0), div(share, maximum(inverse, 1)), zerosLike(share));
}

/** ∂ChEES/∂ ln τ, estimated from the chains of one λ; [chain], 0 where it is not finite. */
function cheesSlope<P extends Params>(
  { metric }: Dynamics<P>,
  { position }: HmcState<P>,
  { moved: { end, info }, means, times }: { readonly moved: Transition<P>; readonly means: Tensor2D; readonly times: Tensor },
): Tensor {
  const sound = logicalNot(info.divergent);
  // A divergent proposal may be NaN, which a weight of zero would not silence.
  const proposed = whereChains(sound, end.position, position);
  const velocity = metric.velocity(whereChains(sound, end.momentum, map(zerosLike, end.momentum) as P));
  const centred = (at: P): P =>
    minus(
      at,
      map((x) => withinMean(means, x), at),
    );
  const [after, before] = [centred(proposed), centred(position)];
  const growth = sub(chainDot(after, after), chainDot(before, before));
  const weights = mul(info.acceptance, cast(sound, "float32"));
  const slope = div(withinMean(means, mul(weights, mul(times, mul(growth, chainDot(after, velocity))))), maximum(withinMean(means, weights), LEAST_ACCEPTANCE));
  return where(finite(slope), slope, zerosLike(slope));
}
