import "@tensorflow/tfjs-backend-cpu";
import { memory, scalar, sum, type Tensor } from "@tensorflow/tfjs-core";
import ndarray from "ndarray";
import { expect, test } from "vitest";
import { own } from "../memory.ts";
import { key } from "../random/key.ts";
import { run } from "../run.ts";
import { batches, type BatchesOptions } from "./batches.ts";
import { dataset } from "./dataset.ts";

const points = dataset({
  x: ndarray(
    Float32Array.from({ length: 10 }, (_, i) => i),
    [10],
  ),
  y: ndarray(
    Int32Array.from({ length: 10 }, (_, i) => 100 + i),
    [10],
  ),
});

async function seen(options: BatchesOptions, from = 0, most = Infinity): Promise<number[][]> {
  const all: number[][] = [];
  if (most === 0) return all;
  for await (using batch of batches(points, options).from(from)) {
    const xs = [...batch.value.x.dataSync()];
    expect([...batch.value.y.dataSync()]).toEqual(xs.map((x) => 100 + x));
    all.push(xs);
    if (all.length >= most) break;
  }
  return all;
}

test("batches() shows each example once an epoch, in another order each epoch", async () => {
  const all = await seen({ key: key(5), size: 3, epochs: 3 });
  expect(all.map((b) => b.length)).toEqual([3, 3, 3, 1, 3, 3, 3, 1, 3, 3, 3, 1]);
  const epochs = [all.slice(0, 4).flat(), all.slice(4, 8).flat(), all.slice(8).flat()];
  for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(new Set(epochs.map(String)).size).toBe(3);
});

test("batches() with dropLast keeps one shape", async () => {
  const all = await seen({ key: key(5), size: 4, epochs: 2, dropLast: true });
  expect(all.map((b) => b.length)).toEqual([4, 4, 4, 4]);
});

test("batches().from(step) continues exactly as if it had never stopped, from any step", async () => {
  const options = { key: key(8), size: 4, epochs: 3 };
  const all = await seen(options);
  for (let step = 0; step <= all.length; step++) expect(await seen(options, step)).toEqual(all.slice(step));
});

test("batches() without epochs goes on", async () => {
  const { steps } = batches(points, { key: key(0), size: 5 });
  expect(steps).toBe(Infinity);
  expect((await seen({ key: key(0), size: 5 }, 1000, 3)).length).toBe(3);
});

test("batches() follow their key", async () => {
  expect(await seen({ key: key(1), size: 10, epochs: 1 })).not.toEqual(await seen({ key: key(2), size: 10, epochs: 1 }));
});

test("one dataset may be walked twice at once", async () => {
  const all = batches(points, { key: key(3), size: 4, epochs: 1 });
  const [a, b] = [all[Symbol.asyncIterator](), all.from(0)[Symbol.asyncIterator]()];
  for (let i = 0; i < 3; i++) {
    const [left, right] = await Promise.all([a.next(), b.next()]);
    if (left.done || right.done) throw new Error("expected three batches");
    using first = left.value;
    using second = right.value;
    expect([...first.value.x.dataSync()]).toEqual([...second.value.x.dataSync()]);
  }
});

test("batches() leak no tensor, also when left early", async () => {
  const before = memory().numTensors;
  await seen({ key: key(0), size: 3, epochs: 50 });
  await seen({ key: key(0), size: 3 }, 7, 5);
  expect(memory().numTensors).toBe(before);
});

test("a batch larger than the dataset is the whole dataset, unless dropLast", async () => {
  expect((await seen({ key: key(0), size: 64, epochs: 1 }))[0]!.length).toBe(10);
  expect(() => batches(points, { key: key(0), size: 11, dropLast: true })).toThrow(
    "Cannot batch a dataset: with dropLast, size must be at most its 10 examples, got 11",
  );
});

test("batches() refuses sizes, epochs, steps and datasets that yield none", () => {
  expect(() => batches(points, { key: key(0), size: 0 })).toThrow("Cannot batch a dataset: size must be a whole number ≥ 1, got 0");
  expect(() => batches(points, { key: key(0), size: 2.5 })).toThrow("got 2.5");
  expect(() => batches(points, { key: key(0), size: 2, epochs: 0 })).toThrow("Cannot batch a dataset: epochs must be a whole number ≥ 1, got 0");
  expect(() => batches(dataset({ x: ndarray(new Float32Array(0), [0]) }), { key: key(0), size: 2 })).toThrow(
    "Cannot batch a dataset: expected at least one example, got none",
  );
  const twenty = batches(points, { key: key(0), size: 1, epochs: 2 });
  expect(() => twenty.from(21)).toThrow("Cannot batch from step 21: expected a whole number in [0, 20]");
  expect(() => twenty.from(-1)).toThrow("Cannot batch from step -1");
});

test("run() takes batches() as its data, step by step", async () => {
  const options = { key: key(4), size: 4, epochs: 2, dropLast: true };
  const algorithm = {
    init: (position: { readonly last: Tensor }) => position,
    step: (_: unknown, __: { readonly last: Tensor }, { x }: { readonly x: Tensor }) => [{ last: sum(x) }, {}] as const,
  };
  const data = batches(points, options);
  using start = own(() => ({ last: scalar(0) }));
  using result = await run(algorithm, start.value, { key: key(0), steps: data.steps, data, record: ({ last }) => ({ last }) });
  const sums = (await seen(options)).map((xs) => xs.reduce((total, x) => total + x, 0));
  expect([...result.trace.last.data]).toEqual(sums);
});
