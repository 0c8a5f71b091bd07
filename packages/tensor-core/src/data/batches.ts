import { own, type Owned } from "../memory.ts";
import type { Key } from "../random/key.ts";
import { foldIn } from "../random/split.ts";
import { at, fullBatch, type Batch, type Dataset } from "./dataset.ts";
import { shuffled } from "./shuffled.ts";

/** Batches by step: the batch of a step depends on nothing but the step, so a resumed job sees what an uninterrupted one would. */
export interface ShuffledBatches<B extends Batch> extends AsyncIterable<Owned<B>> {
  readonly stepsPerEpoch: number;
  /** The number of batches in all: infinite without `epochs`. */
  readonly steps: number;
  /** The batches from this step on; each is the receiver's to dispose of. */
  from(step: number): AsyncIterable<Owned<B>>;
}

export type BatchesOptions = {
  readonly key: Key;
  /** Examples per batch. */
  readonly size: number;
  /** Default: without end. */
  readonly epochs?: number;
  /** Leaves out the last batch of an epoch when it is smaller, so that all batches have one shape and `jit` traces once. */
  readonly dropLast?: boolean;
};

/**
 * Batches of `size` examples, each example once an epoch, in an order that the key and the epoch decide.
 *
 * @throws RangeError unless `size` and `epochs` are whole numbers ≥ 1, and with `dropLast` if `size` exceeds the dataset
 * @example
 * ```ts
 * import "@tensorflow/tfjs-backend-cpu";
 * import ndarray from "ndarray";
 * import { key } from "@lab/tensor-core";
 * import { batches, dataset } from "@lab/tensor-core/data";
 * const points = dataset({ x: ndarray(new Float32Array(5), [5]) });
 * const sizes: number[] = [];
 * for await (using batch of batches(points, { key: key(0), size: 2, epochs: 1 })) sizes.push(batch.value.x.size);
 * sizes; // => [ 2, 2, 1 ]
 * ```
 */
export function batches<B extends Batch>(examples: Dataset<B>, { key, size, epochs = Infinity, dropLast = false }: BatchesOptions): ShuffledBatches<B> {
  if (!(Number.isInteger(size) && size >= 1)) throw new RangeError(`Cannot batch a dataset: size must be a whole number ≥ 1, got ${size}`);
  if (!(epochs === Infinity || (Number.isInteger(epochs) && epochs >= 1)))
    throw new RangeError(`Cannot batch a dataset: epochs must be a whole number ≥ 1, got ${epochs}`);
  if (examples.size === 0) throw new RangeError("Cannot batch a dataset: expected at least one example, got none");
  if (dropLast && size > examples.size)
    throw new RangeError(`Cannot batch a dataset: with dropLast, size must be at most its ${examples.size} examples, got ${size}`);
  const stepsPerEpoch = dropLast ? Math.floor(examples.size / size) : Math.ceil(examples.size / size);
  const steps = stepsPerEpoch * epochs;

  async function* walk(first: number): AsyncGenerator<Owned<B>, void, void> {
    let order: Int32Array | undefined;
    for (let step = first; step < steps; step++) {
      const place = step % stepsPerEpoch;
      if (order === undefined || place === 0) order = shuffled(foldIn(key, Math.floor(step / stepsPerEpoch)), examples.size);
      const indices = order.subarray(place * size, (place + 1) * size);
      yield own(() => fullBatch(at(examples, indices)));
    }
  }

  function from(step: number): AsyncIterable<Owned<B>> {
    if (!(Number.isSafeInteger(step) && step >= 0 && step <= steps))
      throw new RangeError(`Cannot batch from step ${step}: expected a whole number in [0, ${steps}]`);
    return { [Symbol.asyncIterator]: () => walk(step) };
  }

  return { stepsPerEpoch, steps, from, [Symbol.asyncIterator]: () => walk(0) };
}
