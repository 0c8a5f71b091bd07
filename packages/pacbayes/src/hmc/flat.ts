import { concat, reshape, type Tensor2D } from "@tensorflow/tfjs-core";
import { tensors, type Params } from "@lab/tensor-core";

/** All leaves of each chain in one row: [chain, coordinate]. */
export function flat(position: Params): Tensor2D {
  const rows = tensors(position).map((x) => reshape(x, [x.shape[0]!, -1]) as Tensor2D);
  return rows.length === 1 ? rows[0]! : concat(rows, 1);
}
