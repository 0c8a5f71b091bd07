import "@tensorflow/tfjs-backend-cpu";
import { memory } from "@tensorflow/tfjs-core";
import ndarray from "ndarray";
import { expect, test } from "vitest";
import { own } from "../memory.ts";
import { key } from "../random/key.ts";
import { at, dataset, fullBatch, partition, subset, take } from "./dataset.ts";

const points = dataset({
  x: ndarray(
    Float32Array.from({ length: 20 }, (_, i) => i),
    [10, 2],
  ),
  label: ndarray(
    Uint8Array.from({ length: 10 }, (_, i) => i),
    [10],
  ),
});

test("dataset() wants fields that agree on the number of examples", () => {
  expect(() => dataset({})).toThrow("Cannot form a dataset: expected at least one field, got none");
  expect(() => dataset({ x: ndarray(new Float32Array(1), []) })).toThrow('field "x" must have an axis of examples');
  expect(() => dataset({ x: ndarray(new Float32Array(4), [2, 2]), y: ndarray(new Uint8Array(3), [3]) })).toThrow(
    'Cannot form a dataset: field "x" has 2 examples, "y" has 3',
  );
});

test("take() keeps the first examples of every field", () => {
  const first = take(points, 3);
  expect(first.size).toBe(3);
  expect([...first.fields.x.data]).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...first.fields.label.data]).toEqual([0, 1, 2]);
});

test("partition() gives each example to one part", () => {
  const [a, b] = partition(points, 4);
  expect([...a.fields.label.data, ...b.fields.label.data]).toEqual([...points.fields.label.data]);
  expect(b.fields.x.get(0, 1)).toBe(9);
});

test("subset() draws distinct examples, keeps fields together and follows its key", () => {
  const some = subset(points, { n: 6, key: key(3) });
  const labels = [...some.fields.label.data];
  expect(new Set(labels).size).toBe(6);
  labels.forEach((label, i) => expect([some.fields.x.get(i, 0), some.fields.x.get(i, 1)]).toEqual([2 * label, 2 * label + 1]));
  expect([...subset(points, { n: 6, key: key(3) }).fields.label.data]).toEqual(labels);
  expect([...subset(points, { n: 6, key: key(4) }).fields.label.data]).not.toEqual(labels);
  expect([...subset(points, { n: 3, key: key(3) }).fields.label.data]).toEqual(labels.slice(0, 3));
});

test.each([0, 11, 1.5, NaN])("take() and subset() refuse %d of 10 examples", (n) => {
  expect(() => take(points, n)).toThrow(`Cannot take a dataset: n must be a whole number in [1, 10], got ${n}`);
  expect(() => subset(points, { n, key: key(0) })).toThrow(`n must be a whole number in [1, 10], got ${n}`);
});

test("partition() refuses an empty part", () => {
  expect(() => partition(points, 10)).toThrow("Cannot partition a dataset: n must be a whole number in [1, 9], got 10");
});

test("at() refuses indices of no example", () => {
  expect(() => at(points, [])).toThrow("expected at least one index");
  expect(() => at(points, [0, 10])).toThrow("an index must be in [0, 10), got 10");
  expect(() => at(points, [0.5])).toThrow("got 0.5");
});

test("fields may be views with any strides", () => {
  const columns = ndarray(Float32Array.from([0, 1, 2, 3, 4, 5]), [2, 3]);
  const turned = dataset({ x: columns.transpose(1, 0) });
  expect([...take(turned, 2).fields.x.data]).toEqual([0, 3, 1, 4]);
  expect([...at(turned, [2]).fields.x.data]).toEqual([2, 5]);
  const inner = dataset({ x: columns.lo(0, 1) });
  expect([...take(inner, 2).fields.x.data]).toEqual([1, 2, 4, 5]);
});

test("fullBatch() makes float32 and int32 tensors of the fields' shapes", () => {
  const before = memory().numTensors;
  {
    using batch = own(() => fullBatch(points));
    expect([batch.value.x.dtype, batch.value.x.shape, batch.value.label.dtype]).toEqual(["float32", [10, 2], "int32"]);
    expect([...batch.value.x.dataSync()]).toEqual([...points.fields.x.data]);
    expect([...batch.value.label.dataSync()]).toEqual([...points.fields.label.data]);
  }
  expect(memory().numTensors).toBe(before);
});
