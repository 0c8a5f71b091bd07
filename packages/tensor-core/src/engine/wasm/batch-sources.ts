import { util } from "@tensorflow/tfjs-core";

/** For each matrix of a broadcast batch of shape `batch`, the index of the one it reads among those of shape `from`. */
export function batchSources(from: readonly number[], batch: readonly number[]): readonly number[] {
  const strides = util.computeStrides([...from, 1]);
  const lead = batch.length - from.length;
  return Array.from({ length: util.sizeFromShape([...batch]) }, (_, i) => {
    let rest = i;
    let at = 0;
    for (let axis = batch.length - 1; axis >= lead; axis--) {
      const size = batch[axis]!;
      if (from[axis - lead]! > 1) at += (rest % size) * strides[axis - lead]!;
      rest = Math.floor(rest / size);
    }
    return at;
  });
}
