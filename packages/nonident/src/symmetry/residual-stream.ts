import { add, matMul, reshape, tensor1d, tensor2d, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { NormParams } from "@lab/tensor-core";
import { foldedNorms } from "./norm-folding.ts";
import { onInputs, onOutputs, withBlocks, type Network } from "./network.ts";
import { keepsMean, refuseNonOrthogonal, type SquareMatrix } from "./square-matrix.ts";

/**
 * x → x Q throughout: writers E, P, W_O, b_O, W₂, b₂ → · Q, readers W → Qᵀ W; an RMS norm without gains commutes with every orthogonal Q [Ashkboos2024, §3].
 *
 * Gains are folded first, `foldedNorms`, so that the head is untied. From a folded network it is an isometry, and gradient descent commutes with it as long as
 * the gains stay ones; where they are trained again, they are tied to the old axes. Adam does not commute unless Q is a permutation. A layer norm commutes only with a Q that keeps the mean, Q 1 = ±1: `householder(…, { keepMean: true })`. Q [channel,
 * channel] is float64; the function is kept up to float32's rounding.
 *
 * @throws RangeError unless Q is orthogonal to 10⁻⁶, of channels × channels, and with layer norms keeps the mean
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { decoder, key, LLAMA } from "@lab/tensor-core";
 * import { householder, rotatedResidual } from "@lab/nonident/symmetry";
 * const { shape, init, apply } = decoder({ vocabulary: 5, context: 4, layers: 1, channels: 4, heads: 2, architecture: LLAMA });
 * const params = init(key(1));
 * const moved = rotatedResidual({ shape, params }, householder([[1, 2, 3, 4]]));
 * const [a, b] = [apply(params, zeros([1, 4], "int32")), decoder(moved.shape).apply(moved.params, zeros([1, 4], "int32"))].map((x) => x.dataSync());
 * a.every((x, i) => Math.abs(x - b[i]) < 1e-6); // => true
 * ```
 */
export function rotatedResidual(network: Network, matrix: SquareMatrix): Network {
  const { channels, architecture } = network.shape;
  refuseNonOrthogonal("rotate the residual stream", matrix, channels);
  if (architecture.norm === "layer" && !keepsMean(matrix))
    throw new RangeError("Cannot rotate the residual stream: layer norms ask for rows that all sum to 1, or all to −1, got others");
  const rotation = tensor2d(matrix.map((row) => [...row]));
  const written = (x: Tensor2D): Tensor2D => matMul(x, rotation);
  const read = (kernel: Tensor2D): Tensor2D => matMul(rotation, kernel, true, false);
  const { shape, params } = withBlocks(foldedNorms(network), (block) => ({
    ...block,
    attention: { qkv: onInputs(block.attention.qkv, read), out: onOutputs(block.attention.out, written) },
    ...(block.gate === undefined ? {} : { gate: onInputs(block.gate, read) }),
    up: onInputs(block.up, read),
    down: onOutputs(block.down, written),
  }));
  const rotatedNorm = ({ scale, bias }: NormParams): NormParams =>
    bias === undefined ? { scale } : { scale, bias: reshape(written(reshape(bias, [1, channels])), [channels]) as Tensor1D };
  return {
    shape,
    params: {
      ...params,
      tokens: written(params.tokens),
      ...(params.positions === undefined ? {} : { positions: written(params.positions) }),
      norm: rotatedNorm(params.norm),
      head: read(params.head!),
    },
  };
}

/**
 * H → H + c 1ᵀ: all logits of a position shift by h · c, their probabilities stay.
 *
 * The gradient is the same at both points, the direction null for the loss: gradient descent and Adam commute with it, with decoupled decay too. `shift`
 * [channel]; logits are not kept, log-probabilities are, up to float32's rounding of logits so shifted.
 *
 * @throws RangeError if the head is tied to the token table, which the shift would change (`untied` first), or unless there is a finite number per channel
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { shiftedUnembedding, untied } from "@lab/nonident/symmetry";
 * const { shape, init } = decoder({ vocabulary: 3, context: 4, layers: 1, channels: 2, heads: 1 });
 * const network = untied({ shape, params: init(key(1)) });
 * const [a, b] = [network, shiftedUnembedding(network, [1, 2])].map(({ params }) => params.head!.dataSync());
 * [...b!].map((x, i) => Math.round(x - a![i]!)); // => [ 1, 1, 1, 2, 2, 2 ]
 * ```
 */
export function shiftedUnembedding({ shape, params }: Network, shift: readonly number[]): Network {
  if (params.head === undefined) throw new RangeError("Cannot shift the unembedding: expected a head of its own, got one tied to the token table");
  if (shift.length !== shape.channels || !shift.every(Number.isFinite))
    throw new RangeError(`Cannot shift the unembedding: expected ${shape.channels} finite numbers, got [${shift.join(", ")}]`);
  return { shape, params: { ...params, head: add(params.head, reshape(tensor1d([...shift]), [shape.channels, 1])) as Tensor2D } };
}
