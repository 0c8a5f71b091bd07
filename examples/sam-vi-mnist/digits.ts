import { reshape, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { own, split, uniformNumbers, type Key, type Owned } from "@lab/tensor-core";
import { dataset, fullBatch, mnist, partition, take, type Dataset, type LabelledImages } from "@lab/tensor-core/data";
import ndarray from "ndarray";
import type { Scale } from "./settings.ts";

/** Images [example, …] and int32 labels [example]. */
export type Digits = { readonly images: Tensor; readonly labels: Tensor1D };
/** What trains, what chooses, what judges, and the digits of the first on which flatness is measured. */
export type Parts = { readonly train: Digits; readonly validation: Digits; readonly test: Digits; readonly measured: Digits };

/** Enough digits for a scale, as they come from their files: the training ones in a random order. */
export async function loadedDigits(
  key: Key,
  { train, validation, test }: Scale,
  folder: string | undefined,
): Promise<{ readonly sample: Dataset<LabelledImages>; readonly held: Dataset<LabelledImages> }> {
  const options = { standardise: true, ...(folder !== undefined && { folder }) };
  return { sample: await mnist({ ...options, n: train + validation, key }), held: await mnist({ ...options, split: "test", n: test }) };
}

/** Each label, with this probability, becomes one of the other nine, all equally likely. */
export function withLabelNoise(key: Key, digits: Dataset<LabelledImages>, share: number): Dataset<LabelledImages> {
  const [which, what] = split(key);
  const [chosen, drawn] = [uniformNumbers(which, digits.size), uniformNumbers(what, digits.size)];
  const labels = Int32Array.from(digits.fields.labels.data, (label, i) => (chosen[i]! < share ? (label + 1 + Math.floor(9 * drawn[i]!)) % 10 : label));
  return dataset<LabelledImages>({ images: digits.fields.images, labels: ndarray(labels, [digits.size]) });
}

/** The tensors of a data set: digits to train and to tune on with noisy labels, digits to test on with true ones. */
export function parts(
  { sample, held }: { readonly sample: Dataset<LabelledImages>; readonly held: Dataset<LabelledImages> },
  { train, measured }: Scale,
): Owned<Parts> {
  const tensors = (digits: Dataset<LabelledImages>): Digits => {
    const { images, labels } = fullBatch(digits);
    return { images: reshape(images, [digits.size, 28, 28, 1]), labels };
  };
  const [seen, unseen] = partition(sample, train);
  return own(() => ({ train: tensors(seen), validation: tensors(unseen), test: tensors(held), measured: tensors(take(seen, measured)) }));
}
