import { concat, expandDims, matMul, tensor1d, transpose, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { readSync, scoped, ShapeError } from "@lab/tensor-core";
import { linearSumAssignment } from "linear-sum-assignment";
import { permutedUnits, type HiddenLayer } from "../symmetry/hidden-units.ts";

/** A layer whose units stand in the order of another's, and that order: unit i of it was unit order[i]. */
export type MatchedUnits = { readonly layer: HiddenLayer; readonly order: readonly number[] };

/**
 * max over permutations of Σᵢ ⟨wᵢ, w′_{π(i)}⟩, w a unit's weights in, bias and weights out: the hidden units of `other` in the order that is nearest to those of
 * `like`, found exactly [Ainsworth2023, §3.2] [Crouse2016]. The function of the network does not change.
 *
 * For networks of one hidden layer; layers of deeper ones are matched one after the other, again and again, until none changes.
 *
 * @throws ShapeError unless both layers have the same sizes
 * @example
 * ```ts
 * import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
 * import { matchedUnits } from "@lab/nonident/representation";
 * const like = { up: { kernel: tensor2d([[1, 5]]), bias: tensor1d([0, 0]) }, down: { kernel: tensor2d([[2], [3]]), bias: tensor1d([0]) } };
 * const other = { up: { kernel: tensor2d([[5, 1]]), bias: tensor1d([0, 0]) }, down: { kernel: tensor2d([[3], [2]]), bias: tensor1d([0]) } };
 * matchedUnits(like, other).order; // => [ 1, 0 ]
 * ```
 */
export function matchedUnits(like: HiddenLayer, other: HiddenLayer): MatchedUnits {
  const [a, b] = [like, other].map(({ up, down }) => `[${up.kernel.shape.join(", ")}] and [${down.kernel.shape.join(", ")}]`);
  if (a !== b) throw new ShapeError(`Cannot match hidden units: expected layers of ${a}, got ${b}`);
  let order: readonly number[] = [];
  const layer = scoped(() => {
    const units = ({ up, down }: HiddenLayer): Tensor => concat([transpose(up.kernel), expandDims(up.bias, 1), down.kernel], 1);
    const { data, shape } = readSync(matMul(units(like), units(other), false, true));
    const width = shape[1]!;
    const gains = Array.from({ length: width }, (_, i) => Array.from({ length: width }, (_, j) => data[i * width + j]!));
    order = [...linearSumAssignment(gains, { maximaze: true }).rowAssignments];
    return permutedUnits(other, tensor1d([...order], "int32") as Tensor1D);
  });
  return { layer, order };
}
