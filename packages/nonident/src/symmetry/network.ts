import { concat, gather, reshape, slice, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { DecoderBlockParams, DecoderParams, DecoderShape, LinearParams } from "@lab/tensor-core";

/** A decoder's sizes and its parameters: `decoder(shape).apply(params, tokens)` is the function that a symmetry keeps. */
export type Network = { readonly shape: DecoderShape; readonly params: DecoderParams };

/** Depth of a head, and how many heads of queries share one of keys and values. */
export function headSizes({ channels, heads, keyValueHeads }: DecoderShape): { readonly depth: number; readonly group: number } {
  return { depth: channels / heads, group: heads / keyValueHeads };
}

export function refuseIndex(caller: string, name: string, { index, count }: { readonly index: number; readonly count: number }): void {
  if (!(Number.isInteger(index) && index >= 0 && index < count))
    throw new RangeError(`Cannot ${caller}: expected ${name} to be a whole number from 0 to ${count - 1}, got ${index}`);
}

/** A list must name each of `count` things once. */
export function refusePermutation(caller: string, order: readonly number[], count: number): void {
  if (order.length !== count || !order.toSorted((a, b) => a - b).every((x, i) => x === i))
    throw new RangeError(`Cannot ${caller}: expected each of 0 to ${count - 1} once, got [${order.join(", ")}]`);
}

/** The network with one block replaced. */
export function withBlock({ shape, params }: Network, layer: number, changed: (block: DecoderBlockParams) => DecoderBlockParams): Network {
  return { shape, params: { ...params, blocks: params.blocks.map((block, i) => (i === layer ? changed(block) : block)) } };
}

/** The network with every block replaced. */
export function withBlocks({ shape, params }: Network, changed: (block: DecoderBlockParams) => DecoderBlockParams): Network {
  return { shape, params: { ...params, blocks: params.blocks.map(changed) } };
}

/** A map of outputs, [rows, output] → [rows, output′], on a kernel and on its bias as one more row. */
export function onOutputs({ kernel, bias }: LinearParams, mapped: (rows: Tensor2D) => Tensor2D): LinearParams {
  if (bias === undefined) return { kernel: mapped(kernel) };
  return { kernel: mapped(kernel), bias: reshape(mapped(reshape(bias, [1, bias.size])), [-1]) as Tensor1D };
}

/** A map of inputs, [input, output] → [input′, output]; the bias stays. */
export function onInputs(linear: LinearParams, mapped: (kernel: Tensor2D) => Tensor2D): LinearParams {
  return { ...linear, kernel: mapped(linear.kernel) };
}

/** Columns in the given order; some may come twice. */
export function columns(order: readonly number[]): (x: Tensor2D) => Tensor2D {
  return (x) => gather(x, [...order], 1);
}

/** Rows in the given order. */
export function rows(order: readonly number[]): (x: Tensor2D) => Tensor2D {
  return (x) => gather(x, [...order], 0);
}

/** A map of `size` columns from the one at `from` on. */
export function onColumns(from: number, size: number, mapped: (part: Tensor2D) => Tensor2D): (x: Tensor2D) => Tensor2D {
  return (x) => {
    const [count, width] = x.shape;
    const part = (start: number, end: number): Tensor2D => slice(x, [0, start], [count, end - start]);
    const before = from === 0 ? [] : [part(0, from)];
    const after = from + size === width ? [] : [part(from + size, width)];
    return concat([...before, mapped(part(from, from + size)), ...after], 1);
  };
}

/** A map of `size` rows from the one at `from` on. */
export function onRows(from: number, size: number, mapped: (part: Tensor2D) => Tensor2D): (x: Tensor2D) => Tensor2D {
  return (x) => {
    const [count, width] = x.shape;
    const part = (start: number, end: number): Tensor2D => slice(x, [start, 0], [end - start, width]);
    const before = from === 0 ? [] : [part(0, from)];
    const after = from + size === count ? [] : [part(from + size, count)];
    return concat([...before, mapped(part(from, from + size)), ...after], 0);
  };
}
