/** A tensor at rest: row-major elements of one of the types that TensorFlow.js has. */
export type StoredTensor = {
  readonly dtype: "float32" | "int32" | "bool";
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
};
/** A file's contents: tensors by name, and free text by name. */
export type Safetensors = { readonly tensors: { readonly [name: string]: StoredTensor }; readonly metadata: { readonly [name: string]: string } };

const CODES = { float32: "F32", int32: "I32", bool: "BOOL" } as const;
const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
type Header = { [name: string]: { dtype: string; shape: number[]; data_offsets: [number, number] } };

/**
 * The bytes of a safetensors file: header length, header, elements, little-endian [huggingface/safetensors, format].
 *
 * @throws RangeError if a tensor's data do not fill its shape
 * @example
 * ```ts
 * import { safetensors, storedTensors } from "@lab/tensor-core";
 * const x = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * storedTensors(safetensors({ tensors: { x }, metadata: { step: "3" } })).metadata.step; // => '3'
 * ```
 */
export function safetensors({ tensors, metadata }: Safetensors): Uint8Array {
  const header: Header & { __metadata__?: unknown } = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = { ...metadata };
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const size = shape.reduce((n, d) => n * d, 1);
    if (data.length !== size) throw new RangeError(`Cannot write "${name}": expected ${size} elements for shape [${shape.join(", ")}], got ${data.length}`);
    header[name] = { dtype: CODES[dtype], shape: [...shape], data_offsets: [offset, (offset += data.byteLength)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Elements start at a multiple of 8 bytes: the header is padded with spaces.
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + offset).fill(32, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  for (const [name, { data }] of Object.entries(tensors))
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8 + length + header[name]!.data_offsets[0]);
  return bytes;
}

/**
 * The contents of a safetensors file.
 *
 * @throws RangeError if the bytes are not such a file: cut short, a header that is not one, offsets that do not fit, a type other than F32, I32 and BOOL
 * @example
 * ```ts
 * import { safetensors, storedTensors } from "@lab/tensor-core";
 * const x = { dtype: "int32", shape: [3], data: Int32Array.of(1, 2, 3) } as const;
 * storedTensors(safetensors({ tensors: { x }, metadata: {} })).tensors.x; // => { dtype: 'int32', shape: [ 3 ], data: Int32Array(3) [ 1, 2, 3 ] }
 * ```
 */
export function storedTensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) throw new RangeError(`Cannot read safetensors: expected at least 8 bytes, got ${bytes.length}`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8) throw new RangeError(`Cannot read safetensors: expected a header of ${length} bytes, got ${bytes.length - 8}`);
  const { __metadata__: metadata = {}, ...entries } = headerOf(bytes.subarray(8, 8 + length));
  const start = 8 + length;
  const tensors = Object.entries(entries).map(([name, entry]) => {
    if (!isEntry(entry)) throw new RangeError(`Cannot read "${name}": expected a dtype, a shape and two offsets, got ${JSON.stringify(entry)}`);
    const {
      dtype: code,
      shape,
      data_offsets: [from, to],
    } = entry;
    const dtype = (Object.keys(CODES) as (keyof typeof CODES)[]).find((d) => CODES[d] === code);
    if (dtype === undefined) throw new RangeError(`Cannot read "${name}": expected F32, I32 or BOOL, got ${code}`);
    const array = ARRAYS[dtype];
    const size = shape.reduce((n, d) => n * d, 1);
    if (!(to - from === size * array.BYTES_PER_ELEMENT && start + to <= bytes.length))
      throw new RangeError(
        `Cannot read "${name}": expected ${size * array.BYTES_PER_ELEMENT} bytes for shape [${shape.join(", ")}], got bytes ${from} to ${to} of ${bytes.length - start}`,
      );
    return [name, { dtype, shape, data: new array(Uint8Array.from(bytes.subarray(start + from, start + to)).buffer) }] as const;
  });
  if (!isText(metadata)) throw new RangeError(`Cannot read safetensors: expected metadata of text by name, got ${JSON.stringify(metadata)}`);
  return { tensors: Object.fromEntries(tensors), metadata };
}

function isEntry(entry: unknown): entry is Header[string] {
  const { dtype, shape, data_offsets: offsets } = Object(entry) as Partial<Header[string]>;
  const sizes = (values: unknown): boolean => Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && value >= 0);
  return typeof dtype === "string" && sizes(shape) && sizes(offsets) && offsets!.length === 2;
}

function isText(metadata: unknown): metadata is Safetensors["metadata"] {
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) && Object.values(metadata).every((value) => typeof value === "string");
}

function headerOf(bytes: Uint8Array): { readonly __metadata__?: unknown; readonly [name: string]: unknown } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RangeError("Cannot read safetensors: the header is not JSON", { cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new RangeError(`Cannot read safetensors: expected a header of tensors by name, got ${JSON.stringify(header)}`);
  return header as { readonly [name: string]: unknown };
}
