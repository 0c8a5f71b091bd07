import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { Algorithm } from "./algorithm.ts";
import { readCheckpoint, writeCheckpoint, type Checkpoint, type Json } from "./checkpoint.ts";
import type { JitOptions } from "./jit.ts";
import { own, scoped, type Owned } from "./memory.ts";
import { isHostKey, type HostKey, type Key } from "./random/key.ts";
import { foldIn } from "./random/split.ts";
import { progress as display, silent, type Progress } from "./report/progress.ts";
import { breather, interruption } from "./run/interrupt.ts";
import { recorder, type Columns, type Trace } from "./run/recorder.ts";
import { asRow, compiledBlock, compiledStep } from "./run/steps.ts";
import type { StoredTensor } from "./tree/safetensors.ts";
import { paths, tensors, withTensors, type Tree } from "./tree/tree.ts";

export type { Columns, Trace } from "./run/recorder.ts";

/** Data by step: what a step sees depends on nothing but its number, so that a resumed run sees what an uninterrupted one would. */
export interface Batches<Data> {
  from(step: number): AsyncIterable<Disposable & { readonly value: Data }>;
}

/** Where a run keeps its state, and what a resumed run must agree with. */
export type CheckpointOptions = {
  /** The folder. */
  readonly path: string;
  /** Steps between two checkpoints; one is written at the end and at an interruption in any case. */
  readonly every?: number;
  /** What the run depends on beyond its key: a checkpoint of another configuration is refused. */
  readonly config?: { readonly [name: string]: Json };
  /** Go on from the checkpoint in the folder, if there is one. */
  readonly resume?: boolean;
};

export type RunOptions<State extends Tree, Info extends Tree, R extends Columns, Data> = {
  readonly key: Key;
  readonly steps: number;
  readonly data?: Batches<Data>;
  /** What to keep of a step. Scalars among it are shown with the progress. */
  readonly record?: (state: State, info: Info) => R;
  /** Record every so many steps. */
  readonly thin?: number;
  /** Recorded scalars that must stay finite: the run ends with an error at the first that does not. */
  readonly finite?: readonly (keyof R & string)[];
  /** A label to show progress under, or a display. */
  readonly progress?: string | Progress;
  readonly checkpoint?: CheckpointOptions;
  readonly stop?: AbortSignal;
  /** Steps per call into the engine: pays where a step takes less than a tenth of a millisecond. Not with `data` or `thin`. */
  readonly block?: number;
  /** How the step is compiled, or false to run it operation by operation. */
  readonly jit?: JitOptions | false;
};

/** A finished, or stopped, run: what it recorded and the state it ended in, owned. */
export type Run<State extends Tree, R extends Columns> = Disposable & {
  readonly trace: Trace<R>;
  readonly state: Owned<State>;
  /** The steps taken, those before a resumption included. */
  readonly steps: number;
  /** Whether `stop` ended it early. */
  readonly stopped: boolean;
};

/**
 * Iterates an algorithm: state₀ = init(position); stateᵢ₊₁, infoᵢ = step(foldIn(key, i), stateᵢ, dataᵢ), i < steps. The only loop in the library.
 *
 * The step is compiled with `jit`, once per algorithm. With `checkpoint`, a run that was killed at any time and is resumed gives the same bits as one
 * that was not; Ctrl-C writes a checkpoint and throws.
 *
 * @throws RangeError for a bad number of steps, thin or block, and when a column of `finite` is not; Error for a checkpoint that is damaged or of another
 * configuration, for data that end early, and at Ctrl-C
 * @example
 * ```ts
 * import { add, scalar, type Scalar } from "@tensorflow/tfjs-core";
 * import { key, normal, run, type Sampler } from "@lab/tensor-core";
 * type At = { readonly x: Scalar };
 * const walk: Sampler<At, At, {}> = { init: (x) => x, step: (k, { x }) => [{ x: add(x, normal(k)) }, {}] };
 * using result = await run(walk, { x: scalar(0) }, { key: key(1), steps: 10, record: ({ x }) => ({ x }) });
 * result.trace.x.shape; // => [ 10 ]
 * ```
 */
export async function run<Position, State extends Tree, Info extends Tree, Data = void, R extends Columns = Record<never, Tensor>>(
  algorithm: Algorithm<Position, State, Info, Data>,
  position: Position,
  options: RunOptions<State, Info, R, Data>,
): Promise<Run<State, R>> {
  const { key, steps, data, record, thin = 1, finite = [], checkpoint, stop, block = 1, jit = {} } = options;
  const keyAt = checkedOptions(options);
  let state = own(() => algorithm.init(position));
  try {
    const config = { ...checkpoint?.config, key: [...(key as HostKey).words], thin, block, state: described(state.value) };
    const saved = checkpoint?.resume === true ? await readCheckpoint(checkpoint.path, config) : undefined;
    if (saved !== undefined)
      state = replaced(
        state,
        own(() => restored(state.value, saved)),
      );
    let step = saved?.step ?? 0;
    const recorded = recorder(Math.ceil(steps / thin), saved === undefined ? {} : group(saved.tensors, "trace"));
    const save = async () => {
      if (checkpoint === undefined) return;
      const kept = { ...named("state", stored(state.value)), ...named("trace", recorded.stored()) };
      await writeCheckpoint(checkpoint.path, { step, config, tensors: kept });
    };

    using shown = typeof options.progress === "string" ? display(options.progress, steps, { start: Math.min(step, steps) }) : (options.progress ?? silent);
    using interrupted = interruption(stop, checkpoint !== undefined);
    using blocks = block > 1 ? compiledBlock(algorithm as Algorithm<never, State, Info>, record ?? (() => ({})), jit) : undefined;
    const advance = compiledStep(algorithm as Algorithm<never, State, Info, Data>, jit);
    const batches = data?.from(step)[Symbol.asyncIterator]();
    const breathe = breather();
    let savedAt = step;
    try {
      while (step < steps && interrupted.cause === undefined) {
        const length = Math.min(block, steps - step);
        if (blocks !== undefined && length > 1) {
          const keys = Array.from({ length }, (_, i) => keyAt(step + i));
          using seen = state.advance((s) => blocks.call(keys, s));
          recorded.append(seen.value as Columns, length);
        } else {
          using batch = batches === undefined ? undefined : await nextBatch(batches, step);
          using info = state.advance((s) => advance(keyAt(step), s, batch?.value as Data));
          if (record !== undefined && (step + 1) % thin === 0) {
            using row = own(() => asRow(record(state.value, info.value)) as Tree);
            recorded.append(row.value as Columns, 1);
          }
        }
        step += length;
        refuseNonFinite(recorded.last, finite, step, checkpoint?.path);
        shown.update(step, recorded.last);
        if (checkpoint?.every !== undefined && Math.floor(step / checkpoint.every) > Math.floor((step - length) / checkpoint.every) && step < steps) {
          await save();
          savedAt = step;
        }
        await breathe();
      }
    } finally {
      await batches?.return?.();
    }
    if (savedAt < step || saved === undefined) await save();
    if (interrupted.cause === "ctrl-c") throw new Error(`Interrupted at step ${step} of ${steps}; the checkpoint in ${checkpoint!.path} goes on from there`);
    const ended = state;
    return { trace: recorded.arrays() as Trace<R>, state: ended, steps: step, stopped: step < steps, [Symbol.dispose]: () => ended[Symbol.dispose]() };
  } catch (error) {
    state[Symbol.dispose]();
    throw error;
  }
}

type Checked = Pick<RunOptions<Tree, Tree, Columns, unknown>, "key" | "steps" | "thin" | "block" | "checkpoint"> & { readonly data?: unknown };

/** Checks what a caller may get wrong before anything is made; returns the keys by step. */
function checkedOptions({ key, steps, data, thin = 1, block = 1, checkpoint }: Checked): (step: number) => HostKey {
  const whole = (name: string, value: number, least: number) => {
    if (!(Number.isSafeInteger(value) && value >= least)) throw new RangeError(`Cannot run: ${name} must be a whole number of at least ${least}, got ${value}`);
  };
  whole("steps", steps, 0);
  whole("thin", thin, 1);
  whole("block", block, 1);
  if (checkpoint?.every !== undefined) whole("checkpoint.every", checkpoint.every, 1);
  if (block > 1 && (data !== undefined || thin > 1)) throw new RangeError(`Cannot run: blocks of ${block} steps go neither with data nor with thin`);
  if (!isHostKey(key)) throw new TypeError("Cannot run: expected a key whose words are numbers, got one of a traced function");
  return (step) => foldIn(key, step) as HostKey;
}

async function nextBatch<Data>(batches: AsyncIterator<Disposable & { readonly value: Data }>, step: number): Promise<Disposable & { readonly value: Data }> {
  const { value, done } = await batches.next();
  if (done === true) throw new Error(`Cannot run: the data ended at step ${step}`);
  return value;
}

function refuseNonFinite(last: () => { readonly [name: string]: number }, finite: readonly string[], step: number, path: string | undefined): void {
  const seen = finite.length === 0 ? {} : last();
  const name = finite.find((column) => !Number.isFinite(seen[column] ?? 0));
  if (name === undefined) return;
  throw new RangeError(`Cannot go on: ${name} is ${seen[name]} at step ${step}${path === undefined ? "" : `; the last checkpoint in ${path} stands`}`);
}

function replaced<T extends Tree>(old: Owned<T>, next: Owned<T>): Owned<T> {
  old[Symbol.dispose]();
  return next;
}

/** The dtypes and shapes of a state by path: part of what a checkpoint is of. */
function described(state: Tree): { [name: string]: Json } {
  const xs = tensors(state);
  return Object.fromEntries(paths(state).map((path, i) => [path, [xs[i]!.dtype, ...xs[i]!.shape]]));
}

function stored(state: Tree): { [path: string]: StoredTensor } {
  const xs = tensors(state);
  return Object.fromEntries(
    paths(state).map((path, i) => {
      const x = xs[i]!;
      return [path, { dtype: x.dtype as StoredTensor["dtype"], shape: x.shape, data: x.dataSync() as StoredTensor["data"] }];
    }),
  );
}

function restored<State extends Tree>(like: State, { tensors: saved }: Checkpoint): State {
  const kept = group(saved, "state");
  return scoped(() =>
    withTensors(
      like,
      paths(like).map((path) => {
        const { data, shape, dtype } = kept[path]!;
        return tensor(data, [...shape], dtype);
      }),
    ),
  );
}

function named<T>(prefix: string, entries: { readonly [name: string]: T }): { [name: string]: T } {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [`${prefix}.${name}`, value]));
}

function group<T>(entries: { readonly [name: string]: T }, prefix: string): { [name: string]: T } {
  const inside = Object.entries(entries).filter(([name]) => name.startsWith(`${prefix}.`));
  return Object.fromEntries(inside.map(([name, value]) => [name.slice(prefix.length + 1), value]));
}
