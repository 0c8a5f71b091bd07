import { run, type Algorithm, type Batches, type CheckpointOptions, type DecoderParams, type Key, type Run, type Tree } from "@lab/tensor-core";
import type { PretrainInfo, PretrainState } from "./pretrain.ts";

/** How far the run is, with its figures: `progress` of tensor-core's `report`, say. */
type Shown = { update(step: number, figures?: Figures): void };
type Figures = { readonly [name: string]: number };

export type PretrainedOptions<Batch> = {
  readonly key: Key;
  readonly data: Batches<Batch>;
  /** The most forward steps. */
  readonly steps: number;
  /** Stop at the first step by which so many positions were trained towards their true token: what methods are compared at. */
  readonly trueTargets?: number;
  /** Where the figures of every `logEvery`-th step and of the last are written: `runLog` of tensor-core's `report`, say. */
  readonly log?: { write(step: number, figures: Figures): void };
  readonly logEvery?: number;
  /** A display; or one that is made after the first step that is taken, with its number: neither compiling nor what an earlier session did counts in its rate then. */
  readonly progress?: Shown | ((start: number) => Shown & Disposable);
  readonly checkpoint?: CheckpointOptions;
  readonly stop?: AbortSignal;
};

/** By step: what `PretrainInfo` holds. */
type Recorded = { readonly [Name in keyof PretrainInfo]: PretrainInfo[Name] };

/**
 * Runs a pre-training until its steps are over or its true targets are reached, whichever is first, and logs its figures.
 *
 * Batches and noise depend on the key and the number of the step alone: a run that was killed and is resumed from its checkpoint ends with the same bits.
 * A run that had reached its true targets is resumed as it ended.
 *
 * @throws RangeError unless trueTargets and logEvery are whole numbers of at least 1, and when the loss is not finite; as `run`
 * @example
 * ```ts
 * import { adamw, decoder, key } from "@lab/tensor-core";
 * import { batches } from "@lab/tensor-core/data";
 * import { every, highest, ownLoss, pretrain, pretrained, windows } from "@lab/lacy";
 * const model = decoder({ vocabulary: 9, context: 4, layers: 1, channels: 8, heads: 2 });
 * const rows = windows([{ ids: [1, 2, 3, 4, 5, 6, 7] }, { ids: [1, 2, 3, 4, 5, 6, 7] }], { context: 4, separator: 0, call: 8 });
 * const algorithm = pretrain(model, { calls: highest(ownLoss, { among: every, fraction: 0.25 }), evidence: () => ({}), transform: adamw(0.01) });
 * using result = await pretrained(algorithm, model.init(key(0)), { key: key(1), data: batches(rows, { key: key(2), size: 2, dropLast: true }), steps: 3 });
 * result.trace.loss.shape; // => [ 3 ]
 * ```
 */
export async function pretrained<S extends Tree, Batch>(
  algorithm: Algorithm<DecoderParams, PretrainState<S>, PretrainInfo, Batch>,
  params: DecoderParams,
  { key, data, steps, trueTargets = Infinity, log, logEvery = 10, progress, checkpoint, stop }: PretrainedOptions<Batch>,
): Promise<Run<PretrainState<S>, Recorded>> {
  for (const [name, value] of Object.entries({ trueTargets, logEvery }))
    if (!(value >= 1 && (value === Infinity || Number.isInteger(value))))
      throw new RangeError(`Cannot pre-train: expected ${name} to be a whole number of at least 1, got ${value}`);
  const record = (_: PretrainState<S>, info: PretrainInfo): Recorded => info;
  const kept = checkpoint === undefined ? {} : { checkpoint };
  if (checkpoint?.resume === true && trueTargets < Infinity) {
    const before = await run(algorithm, params, { key, steps: 0, data, record, ...kept });
    const reached = before.trace.trueTargets as { readonly data: ArrayLike<number>; readonly size: number } | undefined;
    if (reached !== undefined && reached.size > 0 && reached.data[reached.size - 1]! >= trueTargets) return before;
    before[Symbol.dispose]();
  }
  const enough = new AbortController();
  let last: { readonly step: number; readonly figures: Figures } | undefined;
  let logged = -1;
  let made: (Shown & Disposable) | undefined;
  using _made = { [Symbol.dispose]: () => made?.[Symbol.dispose]() };
  const watch = {
    update(step: number, seen?: Figures | (() => Figures)): void {
      const figures = (typeof seen === "function" ? seen() : seen) ?? {};
      last = { step, figures };
      const isEnough = figures["trueTargets"]! >= trueTargets;
      // The last line too is there before the last checkpoint: a session that ends between them has nothing left to write.
      if (step % logEvery === 0 || step === steps || isEnough) {
        log?.write(step, figures);
        logged = step;
      }
      if (isEnough) enough.abort();
      if (typeof progress === "function") made ??= progress(step);
      (typeof progress === "function" ? made : progress)?.update(step, figures);
    },
    [Symbol.dispose](): void {},
  };
  const signal = stop === undefined ? enough.signal : AbortSignal.any([stop, enough.signal]);
  const result = await run(algorithm, params, { key, steps, data, record, finite: ["loss"], progress: watch, stop: signal, ...kept });
  if (last !== undefined && logged < last.step) log?.write(last.step, last.figures);
  return result;
}
