import { expect, test } from "vitest";
import { CorruptFileError, idx } from "./idx.ts";

function file(type: number, shape: readonly number[], body: readonly number[]): Uint8Array {
  return Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]), ...body]);
}

test("idx() reads bytes in row-major order without copying", () => {
  const bytes = file(8, [2, 3], [1, 2, 3, 4, 5, 255]);
  const array = idx(bytes);
  expect(array.shape).toEqual([2, 3]);
  expect([array.get(0, 1), array.get(1, 2)]).toEqual([2, 255]);
  expect(array.data.buffer).toBe(bytes.buffer);
});

test.each([
  ["signed bytes", 0x09, [0xff, 0x7f], [-1, 127]],
  ["shorts", 0x0b, [0xff, 0xfe, 0x01, 0x00], [-2, 256]],
  ["ints", 0x0c, [0xff, 0xff, 0xff, 0xff, 0, 1, 0, 0], [-1, 65_536]],
  ["floats", 0x0d, [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], [1.5, -2]],
  ["doubles", 0x0e, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], [1.5, -2]],
])("idx() reads big-endian %s", (_, type, body, values) => {
  expect([...idx(file(type, [2], body)).data]).toEqual(values);
});

test("idx() reads a view into a larger buffer", () => {
  const bytes = file(0x0c, [1], [0, 0, 1, 2]);
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  expect(idx(larger.subarray(3)).get(0)).toBe(258);
});

test.each<[string, Uint8Array, string]>([
  ["nothing", new Uint8Array(0), "Cannot read digits: expected an IDX file of at least 4 bytes, got 0 bytes"],
  ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8, 0, 0), "Cannot read digits: expected the magic number of an IDX file, got 0x1f8b0800"],
  ["an unknown type", file(7, [1], [0]), "expected the magic number of an IDX file, got 0x00000701"],
  ["half a header", file(8, [2, 2], []).subarray(0, 7), "Cannot read digits: expected a header of 12 bytes, got 7 bytes"],
  ["too few numbers", file(8, [2, 2], [1, 2, 3]), "Cannot read digits: expected 16 bytes for the shape [2, 2], got 15"],
  ["too many numbers", file(8, [2], [1, 2, 3]), "Cannot read digits: expected 10 bytes for the shape [2], got 11"],
])("idx() refuses %s", (_, bytes, message) => {
  expect(() => idx(bytes, "digits")).toThrow(CorruptFileError);
  expect(() => idx(bytes, "digits")).toThrow(message);
});
