import { util, type DataType, type TensorInfo } from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

/** What a kernel needs of TensorFlow.js's WASM backend: tensors on one heap, freed by hand. */
export type Wasm = BackendWasm;

/** The numbers of a float32 tensor, in place. Any later allocation may move the heap: take it after the last one. */
export function floats(wasm: Wasm, x: TensorInfo): Float32Array {
  return wasm.typedArrayFromHeap(x) as Float32Array;
}

/** The numbers of an int32 tensor, in place. Any later allocation may move the heap: take it after the last one. */
export function ints(wasm: Wasm, x: TensorInfo): Int32Array {
  return wasm.typedArrayFromHeap(x) as Int32Array;
}

/** A new tensor of zeros; the heap itself hands out whatever was there before. */
export function zeroed(wasm: Wasm, shape: readonly number[], dtype: DataType = "float32"): TensorInfo {
  const out = wasm.makeOutput([...shape], dtype);
  if (util.sizeFromShape(out.shape) > 0) wasm.typedArrayFromHeap(out).fill(0);
  return out;
}

/** The same data under another shape; free neither more nor less often than `x` itself. */
export function reshaped(x: TensorInfo, shape: readonly number[]): TensorInfo {
  return { dataId: x.dataId, shape: [...shape], dtype: x.dtype };
}

/** Frees an intermediate tensor of a kernel. */
export function free(wasm: Wasm, ...xs: readonly TensorInfo[]): void {
  for (const x of xs) wasm.disposeData(x.dataId);
}

/**
 * Runs `body` on a window of float32 tensor `x` that starts at element `offset`: same memory, no copy.
 *
 * The window is known to the heap's register only while `body` runs, and what the heap cached for it (packed weights) goes with it.
 */
export function through<T>(wasm: Wasm, x: TensorInfo, offset: number, shape: readonly number[], body: (window: TensorInfo) => T): T {
  const at = wasm.dataIdMap.get(x.dataId).memoryOffset + 4 * offset;
  const window = wasm.makeOutput([...shape], "float32", at);
  try {
    return body(window);
  } finally {
    wasm.wasm.tfjs.disposeData(wasm.dataIdMap.get(window.dataId).id);
    wasm.dataIdMap.delete(window.dataId);
  }
}
