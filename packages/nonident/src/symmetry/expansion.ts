import { concat, div, tensor2d, zeros, zerosLike, type Tensor2D } from "@tensorflow/tfjs-core";
import { decoder, normal, scale, split, type DecoderBlockParams, type Key, type LinearParams } from "@lab/tensor-core";
import { columns, onInputs, onOutputs, refuseIndex, rows, withBlocks, type Network } from "./network.ts";

/**
 * Net2Wider: unit g(j) of the dense halves again as unit j, its outgoing weights divided among its copies [Chen2016, §2.2].
 *
 * `copies` names the old unit that each added one repeats, the same in every block; the inner size grows by as many. Copies get equal gradients, so that
 * neither gradient descent nor Adam steps as before: a unit copied n times moves as one whose learning rate differs. Equal up to rounding, n a power of two
 * but for the order of the sum.
 *
 * @throws RangeError unless each copy is of one of the inner units
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { widened } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 2, heads: 1, inner: 3 });
 * const wider = widened({ shape, params: init(key(1)) }, [0, 0, 2]);
 * [wider.shape.inner, wider.params.blocks[0].up.kernel.shape]; // => [ 6, [ 2, 6 ] ]
 * ```
 */
export function widened(network: Network, copies: readonly number[]): Network {
  const { inner } = network.shape;
  for (const index of copies) refuseIndex("widen", "a copy's unit", { index, count: inner });
  const order = [...Array.from({ length: inner }, (_, i) => i), ...copies];
  const times = (unit: number): number => order.filter((each) => each === unit).length;
  const shares = tensor2d(
    order.map((unit) => [times(unit)]),
    [order.length, 1],
  );
  const wider = withBlocks(network, (block) => ({
    ...block,
    ...(block.gate === undefined ? {} : { gate: onOutputs(block.gate, columns(order)) }),
    up: onOutputs(block.up, columns(order)),
    down: onInputs(block.down, (kernel) => div(rows(order)(kernel), shares) as Tensor2D),
  }));
  return { shape: { ...network.shape, inner: order.length }, params: wider.params };
}

export type DeadUnitOptions = { readonly key: Key; readonly units: number; /** Of incoming weights: GPT-2's 0.02 unless told. */ readonly deviation?: number };

/**
 * Hidden units that nothing hears: incoming weights normal(0, deviation²), outgoing weights 0, in the dense half of every block.
 *
 * The function is the same to the bit but for the order of a sum. Training is not: outgoing weights have a gradient at once, directions that were not there.
 *
 * @throws RangeError unless the number of units is whole and at least 1
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { withDeadUnits } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 2, heads: 1, inner: 3 });
 * const { params } = withDeadUnits({ shape, params: init(key(1)) }, { key: key(2), units: 1 });
 * params.blocks[0].down.kernel.dataSync().slice(6); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export function withDeadUnits(network: Network, { key, units, deviation = 0.02 }: DeadUnitOptions): Network {
  if (!(Number.isInteger(units) && units >= 1)) throw new RangeError(`Cannot add dead units: expected a whole number of at least 1, got ${units}`);
  const { channels, inner, layers } = network.shape;
  const blocks = network.params.blocks.map((block, layer) => {
    const [up, gate] = split(split(key, layers)[layer]!);
    const grown = ({ kernel, bias }: LinearParams, from: Key): LinearParams => ({
      kernel: concat([kernel, scale(deviation, normal(from, [channels, units])) as Tensor2D], 1),
      ...(bias === undefined ? {} : { bias: concat([bias, zeros([units])]) }),
    });
    return {
      ...block,
      ...(block.gate === undefined ? {} : { gate: grown(block.gate, gate) }),
      up: grown(block.up, up),
      down: onInputs(block.down, (kernel) => concat([kernel, zeros([units, channels])]) as Tensor2D),
    };
  });
  return { shape: { ...network.shape, inner: inner + units }, params: { ...network.params, blocks } };
}

/**
 * A block that adds nothing, x ← x + 0 · f(x): fresh weights, but W_O, b_O, W₂, b₂ zero, put before block `at` [Chen2016, §2.3].
 *
 * The function is the same to the bit. Training is not: W_O and W₂ have a gradient at once. `at` runs from 0 to the number of layers, after the last one.
 *
 * @throws RangeError unless `at` is such a place
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { deepened } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 2, heads: 1 });
 * const deeper = deepened({ shape, params: init(key(1)) }, 1, { key: key(2) });
 * [deeper.shape.layers, deeper.params.blocks.length]; // => [ 2, 2 ]
 * ```
 */
export function deepened(network: Network, at: number, { key }: { readonly key: Key }): Network {
  const { shape, params } = network;
  refuseIndex("deepen", "the place", { index: at, count: shape.layers + 1 });
  const fresh = decoder({ ...shape, layers: 1 }).init(key).blocks[0]!;
  const silent = ({ kernel, bias }: LinearParams): LinearParams => ({ kernel: zerosLike(kernel), ...(bias === undefined ? {} : { bias: zerosLike(bias) }) });
  const block: DecoderBlockParams = { ...fresh, attention: { ...fresh.attention, out: silent(fresh.attention.out) }, down: silent(fresh.down) };
  return { shape: { ...shape, layers: shape.layers + 1 }, params: { ...params, blocks: params.blocks.toSpliced(at, 0, block) } };
}
