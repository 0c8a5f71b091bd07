import { add, concat, matMul, reshape, slice, tensor2d, zerosLike, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import {
  columns,
  headSizes,
  onColumns,
  onInputs,
  onOutputs,
  onRows,
  refuseIndex,
  refusePermutation,
  rows,
  withBlock,
  withBlocks,
  type Network,
} from "./network.ts";
import { commutesWithRotary, inverted, transposed, type SquareMatrix } from "./square-matrix.ts";

/** Which head of keys and values, and the heads of queries that share it, of which block; both counted from 0. */
export type HeadOptions = { readonly layer: number; readonly head: number };

const matrixOf = (matrix: SquareMatrix): Tensor2D => tensor2d(matrix.map((row) => [...row]));
const rightBy =
  (matrix: SquareMatrix) =>
  (x: Tensor2D): Tensor2D =>
    matMul(x, matrixOf(matrix));
const leftBy =
  (matrix: SquareMatrix) =>
  (x: Tensor2D): Tensor2D =>
    matMul(matrixOf(matrix), x);

function refuseHead(caller: string, { shape }: Network, { layer, head }: HeadOptions): void {
  refuseIndex(caller, "the layer", { index: layer, count: shape.layers });
  refuseIndex(caller, "the head of keys and values", { index: head, count: shape.keyValueHeads });
}

/**
 * W_Q, W_K, W_V → their columns by heads in another order, W_O → its rows likewise: attention is Σ over heads, whatever their order.
 *
 * An isometry that permutes coordinates: gradient descent and Adam commute with it. `order` lists the old heads of queries in their new places; heads
 * that share keys and values stay together. Equal up to the rounding of one sum over heads.
 *
 * @throws RangeError unless the layer is one and `order` names each head once, groups kept together
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { decoder, key } from "@lab/tensor-core";
 * import { permutedHeads } from "@lab/nonident/symmetry";
 * const { shape, init, apply } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 2 });
 * const params = init(key(1));
 * const moved = permutedHeads({ shape, params }, [1, 0], { layer: 0 });
 * const [a, b] = [params, moved.params].map((each) => apply(each, zeros([1, 4], "int32")).dataSync());
 * a.every((x, i) => Math.abs(x - b[i]) < 1e-6); // => true
 * ```
 */
export function permutedHeads(network: Network, order: readonly number[], { layer }: { readonly layer: number }): Network {
  const { channels, heads, keyValueHeads, layers } = network.shape;
  refuseIndex("permute heads", "the layer", { index: layer, count: layers });
  refusePermutation("permute heads", order, heads);
  const { depth, group } = headSizes(network.shape);
  const shared = Array.from({ length: keyValueHeads }, (_, g) => Math.floor(order[g * group]! / group));
  if (order.some((head, place) => Math.floor(head / group) !== shared[Math.floor(place / group)]))
    throw new RangeError(`Cannot permute heads: expected each ${group} that share keys and values to stay together, got [${order.join(", ")}]`);
  const within = (list: readonly number[], from: number): number[] => list.flatMap((head) => Array.from({ length: depth }, (_, i) => from + head * depth + i));
  const queries = within(order, 0);
  const all = [...queries, ...within(shared, channels), ...within(shared, channels + keyValueHeads * depth)];
  return withBlock(network, layer, (block) => ({
    ...block,
    attention: { qkv: onOutputs(block.attention.qkv, columns(all)), out: onInputs(block.attention.out, rows(queries)) },
  }));
}

/**
 * W_Q → W_Q G, W_K → W_K G⁻ᵀ, biases likewise, for one head of keys and the queries that share it: (q G)(k G⁻ᵀ)ᵀ = q kᵀ, G ∈ GL(depth).
 *
 * Gradient descent commutes with it if G is orthogonal, Adam only if G is a signed permutation. Between learned positions any invertible G will do; rotary
 * positions turn each plane (j, j + depth/2) by its own angle, and only what commutes with all the turns keeps the scores: blocks [[a, b], [−b, a]] on those
 * planes. G is given in float64, [depth, depth]; the function is kept up to float32's rounding times the condition number of G.
 *
 * @throws RangeError unless layer and head are ones and G is invertible of depth × depth, with rotary positions of those blocks
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { decoder, key } from "@lab/tensor-core";
 * import { transformedQueryKey } from "@lab/nonident/symmetry";
 * const { shape, init, apply } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 2 });
 * const params = init(key(1));
 * const moved = transformedQueryKey({ shape, params }, [[4, 0], [1, 0.5]], { layer: 0, head: 1 });
 * const [a, b] = [params, moved.params].map((each) => apply(each, zeros([1, 4], "int32")).dataSync());
 * a.every((x, i) => Math.abs(x - b[i]) < 1e-6); // => true
 * ```
 */
export function transformedQueryKey(network: Network, matrix: SquareMatrix, options: HeadOptions): Network {
  refuseHead("transform queries and keys", network, options);
  const { depth, group } = headSizes(network.shape);
  const dual = transposed(inverted("transform queries and keys", matrix, depth));
  if (network.shape.architecture.positions === "rotary" && !commutesWithRotary(matrix))
    throw new RangeError(
      `Cannot transform queries and keys: expected blocks [[a, b], [−b, a]] on the planes (j, j + ${depth / 2}) that rotary positions turn, got [${matrix.flat().join(", ")}]`,
    );
  const { layer, head } = options;
  const shares = Array.from({ length: group }, (_, i) => onColumns((head * group + i) * depth, depth, rightBy(matrix)));
  const keys = onColumns(network.shape.channels + head * depth, depth, rightBy(dual));
  return withBlock(network, layer, (block) => ({
    ...block,
    attention: { ...block.attention, qkv: onOutputs(block.attention.qkv, (x) => [...shares, keys].reduce((y, mapped) => mapped(y), x)) },
  }));
}

/**
 * W_V → W_V G, b_V → b_V G, W_O → G⁻¹ W_O on the rows of the heads that hear these values: A (v G) G⁻¹ W_O = A v W_O, G ∈ GL(depth).
 *
 * Gradient descent commutes with it if G is orthogonal, Adam only if G is a signed permutation. Positions do not matter. G is given in float64,
 * [depth, depth]; the function is kept up to float32's rounding times the condition number of G.
 *
 * @throws RangeError unless layer and head are ones and G is invertible of depth × depth
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { decoder, key } from "@lab/tensor-core";
 * import { transformedValueOut } from "@lab/nonident/symmetry";
 * const { shape, init, apply } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 2 });
 * const params = init(key(1));
 * const moved = transformedValueOut({ shape, params }, [[4, 0], [1, 0.5]], { layer: 0, head: 1 });
 * const [a, b] = [params, moved.params].map((each) => apply(each, zeros([1, 4], "int32")).dataSync());
 * a.every((x, i) => Math.abs(x - b[i]) < 1e-6); // => true
 * ```
 */
export function transformedValueOut(network: Network, matrix: SquareMatrix, options: HeadOptions): Network {
  refuseHead("transform values", network, options);
  const { channels, keyValueHeads } = network.shape;
  const { depth, group } = headSizes(network.shape);
  const back = inverted("transform values", matrix, depth);
  const { layer, head } = options;
  const values = onColumns(channels + (keyValueHeads + head) * depth, depth, rightBy(matrix));
  const hearers = Array.from({ length: group }, (_, i) => onRows((head * group + i) * depth, depth, leftBy(back)));
  return withBlock(network, layer, (block) => ({
    ...block,
    attention: {
      qkv: onOutputs(block.attention.qkv, values),
      out: onInputs(block.attention.out, (x) => hearers.reduce((y, mapped) => mapped(y), x)),
    },
  }));
}

/**
 * b_O → b_O + Σ_heads b_V W_O, b_V → 0: the weights of attention sum to one, so a bias of values is one of the way out [Elhage2021].
 *
 * Not an isometry: neither gradient descent nor Adam commutes with it. Not kept under dropout of attention's weights, which then do not sum to one.
 *
 * @throws RangeError if the network has no biases
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { foldedValueBias } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 2 });
 * const { params } = foldedValueBias({ shape, params: init(key(1)) });
 * params.blocks[0]!.attention.qkv.bias!.dataSync().slice(8); // => Float32Array(4) [ 0, 0, 0, 0 ]
 * ```
 */
export function foldedValueBias(network: Network): Network {
  const { channels, heads, keyValueHeads } = network.shape;
  const { depth, group } = headSizes(network.shape);
  const values = channels + keyValueHeads * depth;
  return withBlocks(network, (block) => {
    const { qkv, out } = block.attention;
    if (qkv.bias === undefined || out.bias === undefined)
      throw new RangeError("Cannot fold the bias of values: expected a network with biases, got one of an architecture without");
    const width = keyValueHeads * depth;
    const own = slice(qkv.bias, [values], [width]);
    const heard = reshape(
      columns(Array.from({ length: heads * depth }, (_, i) => Math.floor(i / (depth * group)) * depth + (i % depth)))(reshape(own, [1, width])),
      [1, channels],
    ) as Tensor2D;
    return {
      ...block,
      attention: {
        qkv: { kernel: qkv.kernel, bias: concat([slice(qkv.bias, [0], [values]), zerosLike(own)]) as Tensor1D },
        out: { kernel: out.kernel, bias: add(out.bias, reshape(matMul(heard, out.kernel), [channels])) as Tensor1D },
      },
    };
  });
}
