import { add as plus, scalar, type Scalar } from "@tensorflow/tfjs-core";
import {
  add,
  applyUpdates,
  zerosLike,
  type Algorithm,
  type GradientTransform,
  type Key,
  type MeanField,
  type Objective,
  type Params,
  type Schedule,
  type Tree,
} from "@lab/tensor-core";
import { heldScale, type Cost } from "./at-radius.ts";
import { batchGradient, remembered, type BatchGradient } from "./batch-gradient.ts";
import { refuseEmpty } from "./chunks.ts";
import type { Relative } from "./followed-scale.ts";
import type { PerturbedInfo, PerturbedState } from "./perturbed.ts";

/** What a member takes that remembers something from step to step. */
export type MemoryOptions = {
  /** Of the mean. */
  readonly transform: GradientTransform;
  readonly rho?: number | Schedule;
  /** Parts of a batch over which each gradient is accumulated: the same step, up to rounding. */
  readonly microBatches?: number;
};
export type MemoryState<P extends Params, M extends Tree> = PerturbedState<P, Tree> & { readonly memory: M };
export type WithMemory<P extends Params, M extends Tree, Batch = void> = Algorithm<P, MemoryState<P, M>, PerturbedInfo, Batch> & Cost;

/** What a step sees: the gradient of its batch, taken once at the mean however often it is asked for there. */
export type Seen<P extends Params, M, Batch> = {
  readonly at: BatchGradient<P>;
  readonly key: Key;
  readonly posterior: MeanField<P>;
  /** Steps taken. */
  readonly count: Scalar;
  readonly memory: M;
  readonly batch: Batch;
};
/** What a step makes of it: the gradient that the base optimizer receives, what to remember, and an update beside the base optimizer's. */
export type Glance<P extends Params, M> = { readonly loss: Scalar; readonly grad: P; readonly memory: M; readonly extra?: P };

/** Members that a `Direction` cannot express: with a memory, a second use of g₀, or part of a batch. The scale is ρ/√D, times T(mean) if told. */
export function withMemory<P extends Params, M extends Tree, Batch = void>(
  loss: Objective<P, Batch>,
  {
    rho,
    relative,
    transform,
    microBatches = 1,
    gradientsPerStep,
    memory: first,
    glance,
  }: Omit<MemoryOptions, "rho"> &
    Cost & {
      readonly rho: number | Schedule;
      readonly relative?: Relative;
      readonly memory: (mean: P) => M;
      readonly glance: (seen: Seen<P, M, Batch>) => Glance<P, M>;
    },
): WithMemory<P, M, Batch> {
  if (!(Number.isInteger(microBatches) && microBatches >= 1))
    throw new RangeError(`Cannot perturb: expected microBatches to be a whole number of at least 1, got ${microBatches}`);
  const held = heldScale(transform, { rho, ...(relative !== undefined && { relative }) });
  return {
    gradientsPerStep,
    init(mean) {
      const posterior = { mean, logScale: held.logScale(mean) };
      return { posterior, transform: held.transform.init(posterior), count: scalar(0), memory: first(mean) };
    },
    step(key, { posterior, transform: before, count, memory }, batch) {
      refuseEmpty(batch);
      const { at, clean } = remembered(batchGradient(loss, batch, { microBatches }), posterior.mean);
      const { loss: value, grad, memory: next, extra } = glance({ at, key, posterior, count, memory, batch });
      const [updates, after] = held.transform.update({ mean: grad, logScale: zerosLike(posterior.logScale) }, before, posterior);
      const both = extra === undefined ? updates : { ...updates, mean: add(updates.mean, extra) };
      const cleanLoss = clean()?.value;
      return [
        { posterior: applyUpdates(posterior, both), transform: after, count: plus(count, 1), memory: next },
        { loss: value, penalty: scalar(0), ...(cleanLoss !== undefined && { cleanLoss }) },
      ];
    },
  };
}
