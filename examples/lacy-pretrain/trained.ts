import { join } from "node:path";
import { adamw, chain, clipByNorm, own, split, warmupCosineSchedule, type Decoder, type DecoderParams, type Key, type Tree } from "@lab/tensor-core";
import { batches, type Batch, type Dataset } from "@lab/tensor-core/data";
import { progress, runLog, silent } from "@lab/tensor-core/report";
import { forwardSteps, pretrain, pretrained, type PretrainOptions } from "@lab/lacy";
import type { Rows } from "./rows.ts";
import type { Learner } from "./settings.ts";

/** A decoder that has learnt. Its parameters are owned: declare it with `using`. */
export type Trained = Disposable & {
  readonly params: DecoderParams;
  readonly steps: number;
  /** Positions trained towards their true token. */
  readonly trueTargets: number;
  /** The share of positions that were delegated, mean over the steps. */
  readonly callRate: number;
  /** Tokens a second, forward and backward, after the first step, which is compiled; NaN where all steps were taken in an earlier run. */
  readonly tokensPerSecond: number;
  /** The loss of each step. */
  readonly losses: readonly number[];
};

export type Training<Evidence, B extends Rows & Batch> = Pick<PretrainOptions<Evidence, B, Tree>, "calls" | "evidence"> & {
  readonly name: string;
  readonly model: Decoder;
  readonly rows: Dataset<B>;
  readonly learner: Learner;
  readonly size: number;
  /** The share of tokens that is delegated: 0 takes the learner's steps, others as many more as give the same true targets. */
  readonly fraction: number;
  readonly quiet: boolean;
  readonly checkpoints: {
    readonly folder: string;
    readonly every: number;
    readonly resume: boolean;
    readonly config: { readonly [name: string]: string | number };
  };
};

/**
 * A decoder trained by a rule until as many positions were trained towards their true token as in the learner's steps without calls. Weights, batches and
 * draws depend on the key alone, which all rules share: they begin alike and see the same rows. A run that was killed goes on from its checkpoint with the same bits.
 */
export async function trained<Evidence, B extends Rows & Batch>(
  key: Key,
  { name, model, rows, learner, size, fraction, calls, evidence, quiet, checkpoints }: Training<Evidence, B>,
): Promise<Trained> {
  const [initKey, rowKey, runKey] = split(key, 3) as [Key, Key, Key];
  const steps = forwardSteps(learner.steps, { called: fraction });
  const [, context] = rows.fields.tokens.shape as [number, number];
  const rate = warmupCosineSchedule({ peak: learner.rate, warmup: Math.max(1, Math.round(steps / 20)), steps });
  const algorithm = pretrain<Evidence, B, Tree>(model, { calls, evidence, transform: chain(clipByNorm(1), adamw(rate, { weightDecay: 0 })) as never });
  const path = join(checkpoints.folder, name.replaceAll(/\W+/g, "-"));
  using params = own(() => model.init(initKey));
  using log = runLog(path);
  const watch = stopwatch();
  const result = await pretrained(algorithm, params.value, {
    key: runKey,
    data: batches(rows, { key: rowKey, size, dropLast: true }),
    // A batch with few facts delegates less, and no rule more: this many steps are enough for all.
    steps,
    trueTargets: learner.steps * size * context,
    log,
    progress(start) {
      const shown = quiet ? silent : progress(name, steps, { start });
      return {
        update(step, figures) {
          watch.tick(step);
          shown.update(step, figures ?? {});
        },
        [Symbol.dispose]: () => shown[Symbol.dispose](),
      };
    },
    checkpoint: { path: join(path, "checkpoint"), every: checkpoints.every, resume: checkpoints.resume, config: { ...checkpoints.config, name } },
  });
  const column = (values: { readonly data: ArrayLike<number> }): number[] => Array.from(values.data);
  const rates = column(result.trace.callRate);
  return {
    params: result.state.value.params,
    steps: result.steps,
    trueTargets: column(result.trace.trueTargets).at(-1) ?? 0,
    callRate: rates.reduce((sum, each) => sum + each, 0) / rates.length,
    tokensPerSecond: watch.stepsPerSecond() * size * context,
    losses: column(result.trace.loss),
    [Symbol.dispose]: () => result[Symbol.dispose](),
  };
}

function stopwatch(): { tick(step: number): void; stepsPerSecond(): number } {
  let first: { readonly step: number; readonly at: number } | undefined;
  let last = first;
  return {
    tick(step) {
      last = { step, at: performance.now() };
      first ??= last;
    },
    stepsPerSecond: () => (first === undefined || last === undefined ? NaN : ((last.step - first.step) / (last.at - first.at)) * 1000),
  };
}
