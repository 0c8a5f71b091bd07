import { div, mul, reshape, tensor1d, type Tensor2D } from "@tensorflow/tfjs-core";
import { columns, onInputs, onOutputs, refuseIndex, refusePermutation, rows, withBlock, type Network } from "./network.ts";

/**
 * W₁ → W₁ P, b₁ → b₁ P, W₂ → Pᵀ W₂ in the dense half of one block, its gate like W₁: the hidden units in another order, the same function.
 *
 * An isometry that permutes coordinates: gradient descent and Adam commute with it. `order` lists the old units in their new places. Equal up to the
 * rounding of one sum over units.
 *
 * @throws RangeError unless the layer is one and `order` names each of the inner units once
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { permutedInner } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 2, heads: 1, inner: 3 });
 * const params = init(key(1));
 * const twice = [1, 2].reduce((network) => permutedInner(network, [0, 2, 1], { layer: 0 }), { shape, params });
 * String(twice.params.blocks[0].up.kernel.dataSync()) === String(params.blocks[0].up.kernel.dataSync()); // => true
 * ```
 */
export function permutedInner(network: Network, order: readonly number[], { layer }: { readonly layer: number }): Network {
  refuseIndex("permute inner units", "the layer", { index: layer, count: network.shape.layers });
  refusePermutation("permute inner units", order, network.shape.inner);
  const placed = columns(order);
  return withBlock(network, layer, (block) => ({
    ...block,
    ...(block.gate === undefined ? {} : { gate: onOutputs(block.gate, placed) }),
    up: onOutputs(block.up, placed),
    down: onInputs(block.down, rows(order)),
  }));
}

/**
 * W₁ → W₁ diag(a), W₂ → diag(1/a) W₂ in a SwiGLU half, which is linear in W₁ x: silu(W_g x) ⊙ (a ⊙ W₁ x) / a is the same for every a ≠ 0.
 *
 * No isometry unless all |a| = 1: in the old coordinates the learning rate of gradient descent is divided by a² on W₁ and multiplied by a² on W₂; of Adam, by
 * |a|. GELU is not homogeneous, so a half without a gate has no such symmetry; of ReLU layers it is `rescaledUnits`. Exact for powers of two.
 *
 * @throws RangeError unless the layer is one, its dense half is SwiGLU, and there is one finite factor for each inner unit, none zero
 * @example
 * ```ts
 * import { decoder, key, LLAMA } from "@lab/tensor-core";
 * import { rescaledInner } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 2, heads: 1, inner: 2, architecture: LLAMA });
 * const params = init(key(1));
 * const moved = rescaledInner({ shape, params }, [4, -2], { layer: 0 }).params.blocks[0];
 * moved.up.kernel.dataSync()[0] / params.blocks[0].up.kernel.dataSync()[0]; // => 4
 * ```
 */
export function rescaledInner(network: Network, factors: readonly number[], { layer }: { readonly layer: number }): Network {
  const { layers, inner, architecture } = network.shape;
  refuseIndex("rescale inner units", "the layer", { index: layer, count: layers });
  if (architecture.dense !== "swiglu") throw new RangeError(`Cannot rescale inner units: expected a dense half of swiglu, got ${architecture.dense}`);
  if (factors.length !== inner || !factors.every((x) => Number.isFinite(x) && x !== 0))
    throw new RangeError(`Cannot rescale inner units: expected ${inner} finite factors that are not zero, got [${factors.join(", ")}]`);
  const each = tensor1d([...factors]);
  return withBlock(network, layer, (block) => ({
    ...block,
    up: onOutputs(block.up, (x) => mul(x, each)),
    down: onInputs(block.down, (x) => div(x, reshape(each, [inner, 1])) as Tensor2D),
  }));
}
