import type { Tensor } from "@tensorflow/tfjs-core";
import ndarray from "ndarray";
import type { HostArray } from "../memory.ts";
import type { StoredTensor } from "../tree/safetensors.ts";

/** What is recorded at a step: tensors by name. */
export type Columns = { readonly [name: string]: Tensor };
/** What was recorded, by name: [draw, …], the recorded steps along the first axis. */
export type Trace<R extends Columns> = { readonly [Name in keyof R]: HostArray };

type Column = { readonly dtype: StoredTensor["dtype"]; readonly shape: readonly number[]; readonly size: number; data: StoredTensor["data"] };

/** Columns that grow by rows. */
export type Recorder = {
  readonly rows: number;
  /** Adds rows: each column holds `count` of them along its first axis. */
  append(columns: Columns, count: number): void;
  /** The last value of every scalar column. */
  last(): { readonly [name: string]: number };
  arrays(): { readonly [name: string]: HostArray };
  stored(): { readonly [name: string]: StoredTensor };
};

/** An empty recorder, or one that goes on after stored columns; `capacity` rows are set aside. */
export function recorder(capacity: number, stored: { readonly [name: string]: StoredTensor } = {}): Recorder {
  const columns = new Map<string, Column>();
  let rows = 0;
  const space = (dtype: StoredTensor["dtype"], length: number) =>
    dtype === "float32" ? new Float32Array(length) : dtype === "int32" ? new Int32Array(length) : new Uint8Array(length);

  for (const [name, { dtype, shape, data }] of Object.entries(stored)) {
    const [count, ...rest] = shape as [number, ...number[]];
    const size = rest.reduce((n, d) => n * d, 1);
    const column = { dtype, shape: rest, size, data: space(dtype, Math.max(capacity, count) * size) };
    column.data.set(data);
    columns.set(name, column);
    rows = count;
  }

  const cut = ({ data, size }: Column) => data.subarray(0, rows * size);
  return {
    get rows() {
      return rows;
    },
    append(seen, count) {
      for (const [name, x] of Object.entries(seen)) {
        let column = columns.get(name);
        if (column === undefined) {
          const shape = x.shape.slice(1);
          const size = shape.reduce((n, d) => n * d, 1);
          columns.set(
            name,
            (column = { dtype: x.dtype as StoredTensor["dtype"], shape, size, data: space(x.dtype as StoredTensor["dtype"], capacity * size) }),
          );
        }
        column.data.set(x.dataSync(), rows * column.size);
      }
      rows += count;
    },
    last: () => Object.fromEntries([...columns].filter(([, { size }]) => size === 1).map(([name, { data }]) => [name, rows === 0 ? NaN : data[rows - 1]!])),
    arrays: () => Object.fromEntries([...columns].map(([name, column]) => [name, ndarray(cut(column), [rows, ...column.shape])])),
    stored: () => Object.fromEntries([...columns].map(([name, column]) => [name, { dtype: column.dtype, shape: [rows, ...column.shape], data: cut(column) }])),
  };
}
