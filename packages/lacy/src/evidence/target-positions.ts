import { add, range, reshape, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";

/** Where the logit of each target lies among all logits, row by row: [batch · time], int32. */
export function targetPositions(targets: Tensor2D, vocabulary: number): Tensor1D {
  return add(range(0, targets.size * vocabulary, vocabulary, "int32"), reshape(targets, [-1]));
}
