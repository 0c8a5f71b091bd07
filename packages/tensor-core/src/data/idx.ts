import ndarray from "ndarray";
import type { HostArray } from "../memory.ts";

type Reading = { readonly bytes: number; readonly array: (n: number) => HostArray["data"]; readonly at: (view: DataView, offset: number) => number };

const READINGS: { readonly [type: number]: Reading } = {
  0x08: { bytes: 1, array: (n) => new Uint8Array(n), at: (view, offset) => view.getUint8(offset) },
  0x09: { bytes: 1, array: (n) => new Int32Array(n), at: (view, offset) => view.getInt8(offset) },
  0x0b: { bytes: 2, array: (n) => new Int32Array(n), at: (view, offset) => view.getInt16(offset) },
  0x0c: { bytes: 4, array: (n) => new Int32Array(n), at: (view, offset) => view.getInt32(offset) },
  0x0d: { bytes: 4, array: (n) => new Float32Array(n), at: (view, offset) => view.getFloat32(offset) },
  0x0e: { bytes: 8, array: (n) => new Float32Array(n), at: (view, offset) => view.getFloat64(offset) },
};

/**
 * A file that is not what it says it is: truncated, overlong, of another format, or changed.
 *
 * @example
 * ```ts
 * import { CorruptFileError, idx } from "@lab/tensor-core/data";
 * let caught: unknown;
 * try {
 *   idx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7));
 * } catch (error) {
 *   caught = error;
 * }
 * caught instanceof CorruptFileError; // => true
 * ```
 */
export class CorruptFileError extends Error {
  override readonly name = "CorruptFileError";
}

/**
 * The array of an IDX file [LeCun1998]: 0, 0, type, rank, then sizes and numbers, big-endian, row-major.
 *
 * Bytes stay bytes (a view, not a copy), other whole numbers become int32, reals float32.
 *
 * @param source what an error calls the file
 * @throws CorruptFileError if the magic number, the type or the length is not that of an IDX file
 * @example
 * ```ts
 * import { idx } from "@lab/tensor-core/data";
 * idx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)).get(1); // => 9
 * ```
 */
export function idx(file: Uint8Array, source = "IDX data"): HostArray {
  function fail(expected: string, got: string): never {
    throw new CorruptFileError(`Cannot read ${source}: expected ${expected}, got ${got}`);
  }
  if (file.length < 4) fail("an IDX file of at least 4 bytes", `${file.length} bytes`);
  const reading = READINGS[file[2]!];
  if (file[0] !== 0 || file[1] !== 0 || reading === undefined)
    fail("the magic number of an IDX file", `0x${Array.from(file.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join("")}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 4 + 4 * file[3]!;
  if (file.length < start) fail(`a header of ${start} bytes`, `${file.length} bytes`);
  const shape = Array.from({ length: file[3]! }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, n) => product * n, 1);
  if (file.length !== start + size * reading.bytes) fail(`${start + size * reading.bytes} bytes for the shape [${shape.join(", ")}]`, `${file.length}`);
  if (file[2] === 0x08) return ndarray(new Uint8Array(file.buffer, file.byteOffset + start, size), shape);
  const data = reading.array(size);
  for (let i = 0; i < size; i++) data[i] = reading.at(view, start + i * reading.bytes);
  return ndarray(data, shape);
}
