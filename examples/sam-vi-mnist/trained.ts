import { logSoftmax, logSumExp, scalar, stack, sub, type Tensor } from "@tensorflow/tfjs-core";
import {
  jit,
  meanFieldDraw,
  own,
  read,
  run,
  softmaxCrossEntropy,
  split,
  type CheckpointOptions,
  type HostArray,
  type JitOptions,
  type Jitted,
  type Key,
  type MeanField,
  type Model,
  type Objective,
  type Params,
} from "@lab/tensor-core";
import { calibration, hessianTrace, meanAccuracy, meanLogLoss, stepsWithin, worstCaseSharpness } from "@lab/sam-vi";
import type { Digits } from "./digits.ts";
import { always, manySteps } from "./epoch.ts";
import { learners, type Learner } from "./learners.ts";
import type { Scale, Settings } from "./settings.ts";

/** What is tuned, as numbers. */
export type Choice = { readonly rate: number; readonly rho: number; readonly kappa: number };
/** How good predictions are. */
export type Score = { readonly accuracy: number; readonly nll: number; readonly ece: number };
/** Where a training arrived: its predictions, and the flatness of its loss on training digits. */
export type Outcome = Score & { readonly sharpness: number; readonly trace: number };

/** A network, and all that learns it: compiled once, whatever is tuned. */
export type Bench<P extends Params> = {
  readonly network: Model<P>;
  readonly loss: Objective<P, Digits>;
  readonly learners: readonly Learner<P>[];
  readonly trained: (key: Key, learner: Learner<P>, choice: Choice, given: Given) => Promise<Finished<P>>;
  readonly scored: (key: Key, finished: Finished<P>, digits: Digits) => Promise<Score>;
  readonly flatness: (key: Key, finished: Finished<P>, digits: Digits) => Promise<{ readonly sharpness: number; readonly trace: number }>;
};
/** What a training learns from, and where it keeps its state. */
export type Given = { readonly digits: Digits; readonly checkpoint?: CheckpointOptions };
/** The weights, or the Gaussian over them, that a training left; owned. */
export type Finished<P extends Params> = Disposable & { readonly params: P; readonly posterior: MeanField<P> | undefined };

/** Steps in one call into the engine. */
const AT_ONCE = 10;
/** Checkpoints of a training. */
const CHECKPOINTS = 4;

export function benchOf<P extends Params>(
  network: Model<P>,
  dimension: number,
  { scale, settings, jit: how }: { readonly scale: Scale; readonly settings: Settings; readonly jit: JitOptions },
): Bench<P> {
  const loss: Objective<P, Digits> = (params, { images, labels }) => softmaxCrossEntropy(network.apply(params, images), labels);
  const logProbs = (params: P, images: Tensor): Tensor => logSoftmax(network.apply(params, images) as never);
  const ofWeights: Jitted<(params: P, images: Tensor) => Tensor> = jit((params: P, images: Tensor) => logProbs(params, images), how);
  const ofPosterior: Jitted<(key: Key, q: MeanField<P>, images: Tensor) => Tensor> = jit((key: Key, q: MeanField<P>, images: Tensor) => {
    const draws = split(key, settings.draws).map((k) => logProbs(meanFieldDraw(k, q), images));
    return sub(logSumExp(stack(draws), 0), Math.log(settings.draws));
  }, how);
  const all = learners(loss, { n: scale.train, dimension });
  const calls = new Map(all.map((learner) => [learner, manySteps(learner.algorithm, { steps: AT_ONCE, batch: scale.batch })]));
  return {
    network,
    loss,
    learners: all,
    async trained(key, learner, { rate, rho, kappa }, { digits, checkpoint }) {
      const [startKey, runKey] = split(key);
      using start = own(() => ({ params: network.init(startKey), tuned: { rate: scalar(rate), rho: scalar(rho), kappa: scalar(kappa) } }));
      const steps = Math.floor(stepsWithin(scale.gradients, learner) / AT_ONCE);
      using result = await run(calls.get(learner)!, start.value, {
        key: runKey,
        steps,
        data: always(digits),
        jit: how,
        ...(checkpoint !== undefined && { checkpoint: { ...checkpoint, every: Math.max(1, Math.floor(steps / CHECKPOINTS)) } }),
      });
      const state = result.state.value;
      const end = own(() => ({ params: learner.params(state), posterior: learner.posterior?.(state) ?? null }));
      return { params: end.value.params, posterior: end.value.posterior ?? undefined, [Symbol.dispose]: () => end[Symbol.dispose]() };
    },
    async scored(key, { params, posterior }, { images, labels }) {
      using predicted = own(() => ({ logProbs: posterior === undefined ? ofWeights(params, images) : ofPosterior(key, posterior, images), labels }));
      const { logProbs, labels: truth } = await read(predicted.value);
      const predictions = { logProbs: logProbs as HostArray, labels: truth.data };
      return { accuracy: meanAccuracy(predictions), nll: meanLogLoss(predictions), ece: calibration(predictions).error };
    },
    async flatness(key, { params }, digits) {
      const [ascentKey, traceKey] = split(key);
      const on = { batches: [digits], jit: how };
      const sharpness = await worstCaseSharpness(loss, params, { ...on, rho: settings.ball, steps: settings.ascent, key: ascentKey });
      // About a hundredth of the norm of the weights: shorter steps see single kinks of ReLU.
      const trace = await hessianTrace(loss, params, { ...on, draws: scale.signs, step: 0.1, key: traceKey });
      return { sharpness: sharpness.mean, trace: trace.mean };
    },
  };
}
