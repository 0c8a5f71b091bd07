import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import ndarray from "ndarray";
import type { HostArray } from "../memory.ts";
import type { Key } from "../random/key.ts";
import { shuffled } from "./shuffled.ts";

/** Tensors by name, examples along the first axis. */
export type Batch = { readonly [name: string]: Tensor };

/** Examples on the host: one array per field, examples along its first axis. `B` is what a batch of them is. */
export interface Dataset<B extends Batch = Batch> {
  /** The number of examples. */
  readonly size: number;
  readonly fields: { readonly [Name in keyof B]: HostArray };
}

/**
 * The dataset of these fields: `Float32Array`s become float32 tensors, `Int32Array`s and `Uint8Array`s int32 ones.
 *
 * Arrays are borrowed and never written to. A type argument states more about the batches: `dataset<{ x: Tensor2D; y: Tensor1D }>(…)`.
 *
 * @throws RangeError if there is no field, a field has no example axis, or fields differ in their number of examples
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { dataset } from "@lab/tensor-core/data";
 * const points = dataset({ x: ndarray(new Float32Array([1, 2, 3, 4, 5, 6]), [3, 2]), y: ndarray(new Uint8Array([0, 1, 0]), [3]) });
 * points.size; // => 3
 * ```
 */
export function dataset<const Name extends string>(fields: { readonly [N in Name]: HostArray }): Dataset<{ readonly [N in Name]: Tensor }>;
export function dataset<B extends Batch>(fields: { readonly [Name in keyof B]: HostArray }): Dataset<B>;
export function dataset(fields: { readonly [name: string]: HostArray }): Dataset {
  const named = Object.entries(fields);
  const [first] = named;
  if (first === undefined) throw new RangeError("Cannot form a dataset: expected at least one field, got none");
  for (const [name, { shape }] of named) {
    if (shape.length === 0) throw new RangeError(`Cannot form a dataset: field "${name}" must have an axis of examples, got a single number`);
    if (shape[0] !== first[1].shape[0])
      throw new RangeError(`Cannot form a dataset: field "${first[0]}" has ${first[1].shape[0]} examples, "${name}" has ${shape[0]}`);
  }
  return { size: first[1].shape[0]!, fields };
}

/**
 * The first `n` examples, without copying.
 *
 * @throws RangeError unless `n` is a whole number in [1, size]
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { dataset, take } from "@lab/tensor-core/data";
 * take(dataset({ x: ndarray(new Float32Array(6), [3, 2]) }), 2).fields.x.shape; // => [ 2, 2 ]
 * ```
 */
export function take<B extends Batch>(examples: Dataset<B>, n: number): Dataset<B> {
  checkCount("take", n, examples.size, 1);
  return slice(examples, 0, n);
}

/**
 * `n` examples drawn without replacement, in the order drawn: an i.i.d. sample stays one.
 *
 * @throws RangeError unless `n` is a whole number in [1, size]
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { key } from "@lab/tensor-core";
 * import { dataset, subset } from "@lab/tensor-core/data";
 * subset(dataset({ x: ndarray(new Float32Array(6), [3, 2]) }), { n: 2, key: key(0) }).size; // => 2
 * ```
 */
export function subset<B extends Batch>(examples: Dataset<B>, { n, key }: { readonly n: number; readonly key: Key }): Dataset<B> {
  checkCount("draw a subset of", n, examples.size, 1);
  return at(examples, shuffled(key, examples.size).subarray(0, n));
}

/**
 * The first `n` examples and the others, without copying: a prior may be learnt on one part and certified on the other.
 *
 * @throws RangeError unless `n` is a whole number in [1, size − 1]
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { dataset, partition } from "@lab/tensor-core/data";
 * const [prior, certificate] = partition(dataset({ x: ndarray(new Float32Array(5), [5]) }), 2);
 * [prior.size, certificate.size]; // => [ 2, 3 ]
 * ```
 */
export function partition<B extends Batch>(examples: Dataset<B>, n: number): readonly [Dataset<B>, Dataset<B>] {
  checkCount("partition", n, examples.size - 1, 1);
  return [slice(examples, 0, n), slice(examples, n, examples.size)];
}

/**
 * The examples at these indices, in this order, as a dataset of its own.
 *
 * @throws RangeError if there is no index, or one is no example's
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { at, dataset } from "@lab/tensor-core/data";
 * at(dataset({ x: ndarray(new Float32Array([5, 6, 7]), [3]) }), [2, 0]).fields.x.data; // => Float32Array(2) [ 7, 5 ]
 * ```
 */
export function at<B extends Batch>(examples: Dataset<B>, indices: ArrayLike<number>): Dataset<B> {
  if (indices.length === 0) throw new RangeError("Cannot pick examples: expected at least one index, got none");
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!(Number.isInteger(index) && index >= 0 && index < examples.size))
      throw new RangeError(`Cannot pick examples: an index must be in [0, ${examples.size}), got ${index}`);
  }
  return { size: indices.length, fields: eachField(examples, (field) => gathered(field, indices)) };
}

/**
 * All examples as one batch of tensors: for full-batch gradients, whose posterior is the exact one.
 *
 * The tensors belong to the enclosing scope.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs-backend-cpu";
 * import ndarray from "ndarray";
 * import { dataset, fullBatch } from "@lab/tensor-core/data";
 * fullBatch(dataset({ x: ndarray(new Float32Array(6), [3, 2]) })).x.shape; // => [ 3, 2 ]
 * ```
 */
export function fullBatch<B extends Batch>(examples: Dataset<B>): B {
  return Object.fromEntries(Object.entries<HostArray>(examples.fields).map(([name, field]) => [name, asTensor(field)])) as B;
}

function asTensor(field: HostArray): Tensor {
  const { data, shape } = compact(field);
  return tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32");
}

function slice<B extends Batch>(examples: Dataset<B>, from: number, to: number): Dataset<B> {
  return {
    size: to - from,
    fields: eachField(examples, (field) => {
      const { data, shape } = compact(field);
      const row = data.length / shape[0]!;
      return ndarray(data.subarray(from * row, to * row), [to - from, ...shape.slice(1)]);
    }),
  };
}

function gathered(field: HostArray, indices: ArrayLike<number>): HostArray {
  const { data, shape } = compact(field);
  const row = data.length / shape[0]!;
  const out = numbersLike(data, indices.length * row);
  for (let i = 0; i < indices.length; i++) out.set(data.subarray(indices[i]! * row, (indices[i]! + 1) * row), i * row);
  return ndarray(out, [indices.length, ...shape.slice(1)]);
}

/** The numbers of a field in row-major order: its own array if they lie so already. */
function compact(field: HostArray): { readonly data: HostArray["data"]; readonly shape: readonly number[] } {
  const { data, shape, stride, offset, size } = field;
  const rowMajor = stride.every((step, axis) => shape[axis] === 1 || step === shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  if (rowMajor) return { data: offset === 0 && data.length === size ? data : data.subarray(offset, offset + size), shape };
  const out = numbersLike(data, size);
  const index = shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    out[i] = field.get(...index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return { data: out, shape };
}

/** `n` zeros of the same type; a `Buffer` is bytes like any other. */
function numbersLike(data: HostArray["data"], n: number): HostArray["data"] {
  return data instanceof Float32Array ? new Float32Array(n) : data instanceof Int32Array ? new Int32Array(n) : new Uint8Array(n);
}

function eachField<B extends Batch>({ fields }: Dataset<B>, f: (field: HostArray) => HostArray): Dataset<B>["fields"] {
  return Object.fromEntries(Object.entries<HostArray>(fields).map(([name, field]) => [name, f(field)])) as Dataset<B>["fields"];
}

function checkCount(verb: string, n: number, most: number, least: number): void {
  if (!Number.isInteger(n) || n < least || n > most)
    throw new RangeError(`Cannot ${verb} a dataset: n must be a whole number in [${least}, ${most}], got ${n}`);
}
