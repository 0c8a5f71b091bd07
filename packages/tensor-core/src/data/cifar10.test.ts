import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { key } from "../random/key.ts";
import { cifar10, CIFAR10_CHANNELS } from "./cifar10.ts";
import { CorruptFileError } from "./idx.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "cifar10-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Made records: image k has the label k mod 10, and channel c of pixel p is (p + 7 c + k) mod 256. */
function records(from: number, count: number): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: count }, (_, k) => [
      (from + k) % 10,
      ...Array.from({ length: 3072 }, (_, i) => ((i % 1024) + 7 * Math.floor(i / 1024) + from + k) % 256),
    ]).flat(),
  );
}

/** A folder of five training files of four images each, and a test file of three. */
async function folder(inside = ""): Promise<string> {
  const path = await mkdtemp(join(root, "folder-"));
  await mkdir(join(path, inside), { recursive: true });
  for (let i = 0; i < 5; i++) await writeFile(join(path, inside, `data_batch_${i + 1}.bin`), records(4 * i, 4));
  await writeFile(join(path, inside, "test_batch.bin"), records(50, 3));
  return path;
}

test("cifar10() reads the official binary files in order, planes turned into channels", async () => {
  for (const inside of ["", "cifar-10-batches-bin"]) {
    const at = await folder(inside);
    const [train, held] = [await cifar10({ folder: at }), await cifar10({ folder: at, split: "test" })];
    expect([train.fields.images.shape, held.fields.images.shape]).toEqual([
      [20, 32, 32, 3],
      [3, 32, 32, 3],
    ]);
    expect([...train.fields.labels.data]).toEqual(Array.from({ length: 20 }, (_, k) => k % 10));
    for (const [k, row, column, channel] of [
      [0, 0, 0, 0],
      [6, 3, 17, 1],
      [19, 31, 31, 2],
    ] as const)
      expect(train.fields.images.get(k, row, column, channel)).toBeCloseTo(((row * 32 + column + 7 * channel + k) % 256) / 255, 6);
  }
});

test("standardised pixels are (x − mean)/deviation of their channel", async () => {
  const { images } = (await cifar10({ folder: await folder(), split: "test", standardise: true })).fields;
  for (let channel = 0; channel < 3; channel++) {
    const plain = ((100 + 7 * channel + 52) % 256) / 255;
    expect(images.get(2, 3, 4, channel)).toBeCloseTo((plain - CIFAR10_CHANNELS.mean[channel]!) / CIFAR10_CHANNELS.deviation[channel]!, 5);
  }
});

test("n takes the first examples, and with a key a random choice without repetition", async () => {
  const at = await folder();
  expect([...(await cifar10({ folder: at, n: 3 })).fields.labels.data]).toEqual([0, 1, 2]);
  const { fields } = await cifar10({ folder: at, n: 20, key: key(1) });
  expect([...fields.labels.data]).not.toEqual(Array.from({ length: 20 }, (_, k) => k % 10));
  expect([...fields.labels.data].sort()).toEqual(Array.from({ length: 20 }, (_, k) => Math.floor(k / 2)));
});

test("a missing, truncated or wrong file is named", async () => {
  const at = await folder();
  await rm(join(at, "data_batch_3.bin"));
  await expect(cifar10({ folder: at })).rejects.toThrow("Cannot find data_batch_3.bin in");
  await writeFile(join(at, "data_batch_3.bin"), new Uint8Array(3072));
  await expect(cifar10({ folder: at })).rejects.toThrow(new RegExp("data_batch_3.bin: expected records of 3073 bytes, got 3072"));
  await writeFile(join(at, "data_batch_3.bin"), new Uint8Array(3073).fill(10));
  await expect(cifar10({ folder: at })).rejects.toThrow(CorruptFileError);
  await expect(cifar10({ folder: at, split: "test", n: 4 })).rejects.toThrow("n must be a whole number in [1, 3], got 4");
  await expect(cifar10({ folder: at, split: "all" as "test" })).rejects.toThrow('got "all"');
});
