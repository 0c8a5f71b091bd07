import { split, type Tensor } from "@tensorflow/tfjs-core";
import { tensors, withTensors, type Tree } from "@lab/tensor-core";

/** A part of a batch and the share of its examples. */
export type Chunk<Batch> = { readonly batch: Batch; readonly weight: number };

/**
 * A batch as `count` parts of nearly equal size, along the first axis of each of its tensors; whole if count is 1.
 *
 * @throws RangeError unless every tensor holds the same number of examples, at least one a part
 */
export function chunks<Batch>(batch: Batch, count: number): readonly Chunk<Batch>[] {
  if (count === 1) return [{ batch, weight: 1 }];
  const xs = tensors(batch as Tree);
  const sizes = [...new Set(xs.map((x) => x.shape[0] ?? 0))];
  const n = sizes[0] ?? 0;
  if (sizes.length !== 1 || n < count)
    throw new RangeError(`Cannot split a batch: expected tensors of equally many examples, at least ${count}, got ${sizes.join(", ") || "none"}`);
  const lengths = Array.from({ length: count }, (_, i) => Math.floor(((i + 1) * n) / count) - Math.floor((i * n) / count));
  const parts = xs.map((x): Tensor[] => split(x, lengths));
  return lengths.map((length, i) => ({
    batch: withTensors(
      batch as Tree,
      parts.map((part) => part[i]!),
    ) as Batch,
    weight: length / n,
  }));
}

/** @throws RangeError if a batch holds a tensor without elements */
export function refuseEmpty(batch: unknown): void {
  const empty = tensors(batch as Tree).find((x) => x.size === 0);
  if (empty !== undefined) throw new RangeError(`Cannot take a step: expected a batch with examples, got a tensor of shape [${empty.shape.join(", ")}]`);
}
