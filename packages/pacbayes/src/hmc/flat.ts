import { concat, reshape, split, type Tensor2D } from "@tensorflow/tfjs-core";
import { tensors, withTensors, type Params } from "@lab/tensor-core";

/** All leaves of each chain in one row: [chain, coordinate]. */
export function flat(position: Params): Tensor2D {
  const rows = tensors(position).map((x) => reshape(x, [x.shape[0]!, -1]) as Tensor2D);
  return rows.length === 1 ? rows[0]! : concat(rows, 1);
}

/** The tree whose rows these are, in the shapes of `like`. */
export function unflat<P extends Params>(rows: Tensor2D, like: P): P {
  const leaves = tensors(like);
  const parts =
    leaves.length === 1
      ? [rows]
      : split(
          rows,
          leaves.map((x) => x.size / x.shape[0]!),
          1,
        );
  return withTensors(
    like,
    parts.map((part, i) => reshape(part, leaves[i]!.shape)),
  );
}
