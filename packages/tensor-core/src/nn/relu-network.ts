import { add, matMul, relu, type Tensor, type Tensor3D } from "@tensorflow/tfjs-core";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { axes } from "../shapes.ts";
import { withGradient } from "./with-gradient.ts";

/** An affine map of each member: W [member, input, output], b [member, 1, output]. */
export type MemberAffine = { readonly kernel: Tensor3D; readonly bias: Tensor3D };

/** The channels that our own kernel takes are even in number and at most so many; below so many hidden units it is not worth its packing. */
const MOST_CHANNELS = 16;
const FEWEST_HIDDEN = 32;

const inOnePass = withGradient((inputs, save) => {
  save([...inputs]);
  return { value: ownOperation("LabReluNetwork", inputs)[0]!, gradFunc: (dy, saved) => ownOperation("LabReluNetworkGrad", [...saved, dy], { results: 5 }) };
});

/**
 * y = relu(x W₁ + b₁) W₂ + b₂ for each member of an ensemble: [member, row, channel] → [member, row, channel], the hidden layer of a transformer's block
 * [Vaswani2017, Equation 2].
 *
 * On the native engine, with few channels, hidden numbers never reach memory: forwards and backwards they are made anew where they are needed.
 *
 * @throws ShapeError where the weights fit neither each other nor x
 * @example
 * ```ts
 * import { ones, zeros, type Rank } from "@tensorflow/tfjs-core";
 * import { reluNetwork } from "@lab/tensor-core";
 * const up = { kernel: ones<Rank.R3>([3, 2, 8]), bias: zeros<Rank.R3>([3, 1, 8]) };
 * const down = { kernel: ones<Rank.R3>([3, 8, 2]), bias: zeros<Rank.R3>([3, 1, 2]) };
 * reluNetwork(ones([3, 5, 2]), { up, down }).shape; // => [ 3, 5, 2 ]
 * ```
 */
export function reluNetwork(x: Tensor, { up, down }: { readonly up: MemberAffine; readonly down: MemberAffine }): Tensor {
  const { channels, hidden } = axes(
    "reluNetwork",
    [x, "members rows channels"],
    [up.kernel, "members channels hidden"],
    [up.bias, "members 1 hidden"],
    [down.kernel, "members hidden channels"],
    [down.bias, "members 1 channels"],
  );
  const isOwn = hasOwnOperations() && channels % 2 === 0 && channels <= MOST_CHANNELS && hidden >= FEWEST_HIDDEN;
  if (isOwn) return inOnePass(x, up.kernel, up.bias, down.kernel, down.bias);
  return add(matMul(relu(add(matMul(x, up.kernel), up.bias)), down.kernel), down.bias);
}
