import { engine, memory, setBackend, tensor, tidy, type DataType, type Tensor, type TensorLike } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import { startWasm } from "../wasm.ts";

/** A tensor before any engine has seen it. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly values: ArrayLike<number>;
}

/** What one engine made of a case. */
export interface Outcome {
  readonly results: readonly Numbers[];
  /** Handles, buffers and entries of the engine's own table that are left over. */
  readonly leaked: readonly [number, number, number];
}

/** Uniform draws in `[least, most)` of a linear congruential generator, the same on every run. */
export function draws(seed: number): (shape: readonly number[], dtype?: DataType, least?: number, most?: number) => Numbers {
  let state = seed;
  const next = (): number => (state = (state * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32;
  return (shape, dtype = "float32", least = -2, most = 2) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const value = (): number =>
      dtype === "bool" ? Math.round(next()) : dtype === "int32" ? Math.floor(least + (most - least) * next()) : Math.fround(least + (most - least) * next());
    return { shape, dtype, values: Array.from({ length: size }, value) };
  };
}

/** Starts both engines. */
export async function startBoth(): Promise<void> {
  await startWasm();
  // Else plain JS advertises TensorFlow.js's native engine when it first runs.
  Object.assign(engine().findBackend("cpu"), { firstUse: false });
}

function tableSize(name: string): number {
  return engine().findBackend(name).numDataIds();
}

/** The outcome of `f` on one engine. */
export async function on(name: "cpu" | "wasm", inputs: readonly Numbers[], f: (...xs: Tensor[]) => Tensor | Tensor[]): Promise<Outcome> {
  await setBackend(name);
  const before = [memory().numTensors, memory().numDataBuffers, tableSize(name)] as const;
  const xs = inputs.map(({ values, shape, dtype }) => tensor(typed(values, dtype), [...shape], dtype));
  const made = [tidy(() => f(...xs))].flat();
  const results = made.map((x) => ({ shape: x.shape, dtype: x.dtype, values: x.dataSync() }));
  for (const x of [...made, ...xs]) x.dispose();
  return { results, leaked: [memory().numTensors - before[0], memory().numDataBuffers - before[1], tableSize(name) - before[2]] };
}

function typed(values: ArrayLike<number>, dtype: DataType): TensorLike {
  return dtype === "int32" ? Int32Array.from(values) : dtype === "bool" ? Uint8Array.from(values) : Float32Array.from(values);
}

/** The largest difference, infinite where one is NaN and the other is not, or where shapes differ. */
export function distance(a: Numbers, b: Numbers): number {
  if (String(a.shape) !== String(b.shape) || a.values.length !== b.values.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.values.length; i++) {
    const [x, y] = [a.values[i]!, b.values[i]!];
    if (Object.is(x, y) || x === y) continue;
    most = Math.max(most, Number.isNaN(x - y) ? Infinity : Math.abs(x - y));
  }
  return most;
}
