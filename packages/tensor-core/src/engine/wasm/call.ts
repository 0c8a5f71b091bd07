import { getKernel, type NamedAttrMap, type NamedTensorInfoMap, type TensorInfo } from "@tensorflow/tfjs-core";
import type { Wasm } from "./backend.ts";

/** One tensor from the kernel registered as `name`, from inside another kernel: no gradient, no scope, the caller frees it. */
export function call(wasm: Wasm, name: string, inputs: NamedTensorInfoMap, attrs: object = {}): TensorInfo {
  return getKernel(name, "wasm").kernelFunc({ inputs, backend: wasm, attrs: attrs as NamedAttrMap }) as TensorInfo;
}

/** The tensor with its axes in the order `perm`. */
export function transposed(wasm: Wasm, x: TensorInfo, perm: readonly number[]): TensorInfo {
  return call(wasm, "Transpose", { x }, { perm: [...perm] });
}
