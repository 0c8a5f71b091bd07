import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import ndarray from "ndarray";
import type { Key } from "../random/key.ts";
import { dataset, type Dataset } from "./dataset.ts";
import { CorruptFileError } from "./idx.ts";
import { shuffled } from "./shuffled.ts";

/** Images [batch, row, column, channel] in red, green and blue, pixels in [0, 1] unless standardised; labels [batch], int32. */
export type ColourImages = { readonly images: Tensor4D; readonly labels: Tensor1D };

export type Cifar10Options = {
  /** Holds the official binary files data_batch_1.bin … data_batch_5.bin and test_batch.bin, or the folder cifar-10-batches-bin that does. */
  readonly folder: string;
  readonly split?: "train" | "test";
  /** The number of examples: the first `n`, or a random `n` if there is a `key`. Default: all. */
  readonly n?: number;
  readonly key?: Key;
  /** Pixels as (x − mean)/deviation of each channel, by constants of the training images. */
  readonly standardise?: boolean;
};

/**
 * Mean and standard deviation of the pixels of the 50 000 training images by channel, to four digits; pixels in [0, 1].
 *
 * @example
 * ```ts
 * import { CIFAR10_CHANNELS } from "@lab/tensor-core/data";
 * CIFAR10_CHANNELS.mean; // => [ 0.4914, 0.4822, 0.4465 ]
 * ```
 */
export const CIFAR10_CHANNELS: { readonly mean: readonly number[]; readonly deviation: readonly number[] } = {
  mean: [0.4914, 0.4822, 0.4465],
  deviation: [0.247, 0.2435, 0.2616],
};

const SIDE = 32;
const PLANE = SIDE * SIDE;
/** A label, then the planes of red, green and blue. */
const RECORD = 1 + 3 * PLANE;

/**
 * The CIFAR-10 images [Krizhevsky2009, §3]: 50 000 for training, 10 000 for testing, of 32 × 32 pixels in three channels, ten classes.
 *
 * No package holds them: the folder is the reader's. A file may hold any number of records, so that made ones do too; each image takes 12 kB of memory.
 *
 * @throws RangeError if `n` asks for more than there is; CorruptFileError for a file that holds no whole number of records, or a label that is none
 * @throws Error if a file is missing
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { cifar10 } from "@lab/tensor-core/data";
 * const folder = await mkdtemp(join(tmpdir(), "cifar-"));
 * await writeFile(join(folder, "test_batch.bin"), new Uint8Array(2 * 3073).fill(3));
 * const { fields } = await cifar10({ folder, split: "test" });
 * [fields.images.shape, fields.labels.get(0)]; // => [ [ 2, 32, 32, 3 ], 3 ]
 * ```
 */
export async function cifar10({ folder, split = "train", n, key, standardise = false }: Cifar10Options): Promise<Dataset<ColourImages>> {
  if (split !== "train" && split !== "test") throw new RangeError(`Cannot load images: split must be "train" or "test", got "${String(split)}"`);
  const names = split === "test" ? ["test_batch.bin"] : [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  const files = await Promise.all(names.map((name) => recordsIn(folder, name)));
  const records = files.flatMap((file) => Array.from({ length: file.length / RECORD }, (_, i) => file.subarray(i * RECORD, (i + 1) * RECORD)));
  if (n !== undefined && !(Number.isInteger(n) && n >= 1 && n <= records.length))
    throw new RangeError(`Cannot load images: n must be a whole number in [1, ${records.length}], got ${n}`);
  const chosen = (key === undefined ? records : Array.from(shuffled(key, records.length), (i) => records[i]!)).slice(0, n);
  const images = new Float32Array(chosen.length * 3 * PLANE);
  const [shift, scale] = standardise
    ? [CIFAR10_CHANNELS.mean, CIFAR10_CHANNELS.deviation.map((deviation) => 1 / deviation)]
    : [
        [0, 0, 0],
        [1, 1, 1],
      ];
  chosen.forEach((record, example) => {
    for (let pixel = 0; pixel < PLANE; pixel++)
      for (let channel = 0; channel < 3; channel++)
        images[(example * PLANE + pixel) * 3 + channel] = (record[1 + channel * PLANE + pixel]! / 255 - shift[channel]!) * scale[channel]!;
  });
  return dataset<ColourImages>({
    images: ndarray(images, [chosen.length, SIDE, SIDE, 3]),
    labels: ndarray(
      Int32Array.from(chosen, (record) => record[0]!),
      [chosen.length],
    ),
  });
}

async function recordsIn(folder: string, name: string): Promise<Uint8Array> {
  const [{ readFile }, { join }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  for (const path of [join(folder, name), join(folder, "cifar-10-batches-bin", name)]) {
    let file: Uint8Array;
    try {
      file = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ENOTDIR") continue;
      throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
    if (file.length === 0 || file.length % RECORD !== 0)
      throw new CorruptFileError(`Cannot read ${path}: expected records of ${RECORD} bytes, got ${file.length} bytes`);
    for (let i = 0; i < file.length; i += RECORD)
      if (file[i]! > 9) throw new CorruptFileError(`Cannot read ${path}: expected labels in 0 … 9, got ${file[i]} in record ${i / RECORD}`);
    return file;
  }
  throw new Error(`Cannot find ${name} in ${folder}: expected the binary version of CIFAR-10, unpacked`);
}
