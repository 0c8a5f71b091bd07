import { cast, greaterEqual, reshape, transpose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { own, type Key, type Owned } from "@lab/tensor-core";
import { fullBatch, mnist } from "@lab/tensor-core/data";
import type { Setting } from "./settings.ts";

/** Digits as columns [pixel, example] with their labels [example]. */
export type Digits = { readonly x: Tensor2D; readonly y: Tensor };

/** The sample S, and the test digits that no bound uses. */
export type Sample = { readonly train: Digits; readonly test: Digits };

/**
 * A random subset of the training digits, and the first of the test digits. Pixels are standardised by constants fixed beforehand, not by S. With two
 * classes 0–4 stand against 5–9.
 */
export async function sampleOf(
  { n, side, classes, test }: Setting,
  { key, folder }: { readonly key: Key; readonly folder: string | undefined },
): Promise<Owned<Sample>> {
  const options = { size: side, standardise: true, ...(folder !== undefined && { folder }) };
  const [sample, held] = await Promise.all([mnist({ ...options, n, key }), mnist({ ...options, split: "test", n: test })]);
  const columns = (digits: typeof sample): Digits => {
    const { images, labels } = fullBatch(digits);
    return { x: transpose(reshape(images, [digits.size, side * side])), y: classes === 2 ? cast(greaterEqual(labels, 5), "int32") : labels };
  };
  return own(() => ({ train: columns(sample), test: columns(held) }));
}
