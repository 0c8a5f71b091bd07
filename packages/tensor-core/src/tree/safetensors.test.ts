import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safetensors, storedTensors, type Safetensors, type StoredTensor } from "./safetensors.ts";

/** A file with this header, and nothing after it. */
function headed(header: unknown): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const small: Safetensors = {
  tensors: {
    w: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, -0, NaN, 1e-45) },
    yes: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
    n: { dtype: "int32", shape: [], data: Int32Array.of(-7) },
    none: { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
  },
  metadata: { step: "3", größe: "µ" },
};

const stored: fc.Arbitrary<StoredTensor> = fc.array(fc.nat(3), { maxLength: 3 }).chain((shape) => {
  const size = shape.reduce((n, d) => n * d, 1);
  const exactly = { minLength: size, maxLength: size };
  return fc.oneof(
    fc.float32Array(exactly).map((data): StoredTensor => ({ dtype: "float32", shape, data })),
    fc.int32Array(exactly).map((data): StoredTensor => ({ dtype: "int32", shape, data })),
    fc.uint8Array({ ...exactly, max: 1 }).map((data): StoredTensor => ({ dtype: "bool", shape, data })),
  );
});

describe("safetensors()", () => {
  it("storedTensors(safetensors(x)) is x, bit for bit", () => {
    const names = fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__" && name !== "__proto__");
    fc.assert(
      fc.property(
        fc.dictionary(names, stored, { noNullPrototype: true }),
        fc.dictionary(names, fc.string({ unit: "grapheme" }), { noNullPrototype: true }),
        (tensors, metadata) => {
          expect(storedTensors(safetensors({ tensors, metadata }))).toEqual({ tensors, metadata });
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it("storedTensors() reads a file that Hugging Face's package wrote", () => {
    // Golden: written by golden/tensor-core/written-by-safetensors.py with safetensors 0.8.0.
    const { tensors, metadata } = storedTensors(readFileSync(new URL("../../../../golden/tensor-core/written-by-safetensors.bin", import.meta.url)));
    expect(metadata).toEqual({ step: "3", by: "safetensors 0.8.0" });
    expect(tensors).toEqual({
      weights: { dtype: "float32", shape: [2, 3], data: Float32Array.of(1.5, -2, 3.25, Infinity, -0, 1e-45) },
      count: { dtype: "int32", shape: [], data: Int32Array.of(-7) },
      mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
      none: { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
      "größe.µ": { dtype: "int32", shape: [5], data: Int32Array.of(0, 1, 2, 3, 4) },
    });
  });

  it("safetensors() lays a file out as the format says: length, header, padding, elements", () => {
    const bytes = safetensors({ tensors: { x: { dtype: "float32", shape: [1], data: Float32Array.of(1.5) } }, metadata: {} });
    const header = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = Math.ceil(header.length / 8) * 8;
    expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(BigInt(padded));
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded))).toBe(header.padEnd(padded));
    expect([...bytes.subarray(8 + padded)]).toEqual([0, 0, 0xc0, 0x3f]);
  });

  it("safetensors() writes a view's own elements, not its buffer", () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    expect([...storedTensors(safetensors({ tensors: { x: { dtype: "float32", shape: [2], data } }, metadata: {} })).tensors["x"]!.data]).toEqual([1, 2]);
  });

  it("safetensors() refuses data that do not fill their shape", () => {
    expect(() => safetensors({ tensors: { x: { dtype: "float32", shape: [2, 3], data: new Float32Array(5) } }, metadata: {} })).toThrow(
      new RangeError('Cannot write "x": expected 6 elements for shape [2, 3], got 5'),
    );
  });
});

describe("a file that is none", () => {
  const whole = safetensors(small);

  it("storedTensors() refuses a file cut at any length, by a RangeError", () => {
    for (let length = 0; length < whole.length; length++) expect(() => storedTensors(whole.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
    expect(storedTensors(whole)).toEqual(small);
  });

  it("storedTensors() reads a file with a byte of its header changed, or refuses it by a RangeError", () => {
    const header = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    for (let i = 0; i < header; i++) {
      for (const byte of [0, 0x20, 0x22, 0x2d, 0x30, 0x5b, 0x7b, 0xff]) {
        const changed = whole.slice();
        changed[i] = byte;
        try {
          storedTensors(changed);
        } catch (error) {
          expect(error, `byte ${i} as ${byte}`).toBeInstanceOf(RangeError);
        }
      }
    }
  });

  const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
  const bad: { readonly [what: string]: readonly [unknown, RegExp] } = {
    "a header that is not JSON": ["{", /the header is not JSON/],
    "a header that is a list": [[], /expected a header of tensors by name, got \[\]/],
    "a header that is null": [null, /got null/],
    "an entry that is null": [{ x: null }, /Cannot read "x": expected a dtype, a shape and two offsets, got null/],
    "an entry without offsets": [{ x: { dtype: "F32", shape: [1] } }, /two offsets/],
    "a shape that is text": [{ x: { ...entry, shape: "1" } }, /two offsets/],
    "a negative size": [{ x: { ...entry, shape: [-1, -1] } }, /two offsets/],
    "negative offsets": [{ x: { ...entry, data_offsets: [-4, 0] } }, /two offsets/],
    "another dtype": [{ x: { ...entry, dtype: "F64" } }, /expected F32, I32 or BOOL, got F64/],
    "offsets that do not fit the shape": [{ x: { ...entry, data_offsets: [0, 8] } }, /expected 4 bytes for shape \[1\], got bytes 0 to 8 of 0/],
    "offsets beyond the end": [{ x: entry }, /got bytes 0 to 4 of 0/],
    "metadata that are numbers": [{ __metadata__: { step: 3 } }, /expected metadata of text by name, got {"step":3}/],
  };
  for (const [what, [header, message]] of Object.entries(bad)) {
    it(`storedTensors() refuses ${what}`, () => {
      expect(() => storedTensors(headed(header))).toThrow(RangeError);
      expect(() => storedTensors(headed(header))).toThrow(message);
    });
  }

  it("storedTensors() refuses a header longer than the file", () => {
    expect(() => storedTensors(new Uint8Array(16).fill(255))).toThrow(/expected a header of 18446744073709552000 bytes, got 8/);
  });
});
