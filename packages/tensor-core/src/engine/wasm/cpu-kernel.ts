import { getKernel, util, type KernelConfig, type KernelFunc, type NamedTensorInfoMap, type TensorInfo } from "@tensorflow/tfjs-core";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { Wasm } from "./backend.ts";

let host: MathBackendCPU | undefined;

function toHost(cpu: MathBackendCPU, wasm: Wasm, x: TensorInfo): TensorInfo {
  const copy = cpu.makeTensorInfo(x.shape, x.dtype, wasm.readSync(x.dataId));
  // Some kernels of plain JS ask for what a tensor knows and a bare description lacks.
  return Object.assign(copy, { rank: x.shape.length, size: util.sizeFromShape(x.shape) });
}

function fromHost(cpu: MathBackendCPU, wasm: Wasm, x: TensorInfo): TensorInfo {
  const values = cpu.data.get(x.dataId).values!;
  // Kernels of plain JS may answer a bool or int32 tensor with a plain array or with floats.
  const exact = x.dtype === "float32" ? Float32Array : x.dtype === "int32" ? Int32Array : x.dtype === "bool" ? Uint8Array : undefined;
  const typed = exact === undefined || values instanceof exact ? values : exact.from(values as ArrayLike<number>);
  return wasm.makeOutput(x.shape, x.dtype, undefined, typed);
}

/**
 * The plain JS kernel `name`, run on copies of tensors of the WASM heap: right for every shape and dtype, and slow.
 *
 * @throws RangeError when there is no such kernel
 */
export function cpuKernel(name: string): KernelFunc {
  const config: KernelConfig | undefined = getKernel(name, "cpu");
  if (config === undefined) throw new RangeError(`Cannot adapt a kernel to the WASM engine: expected the name of a kernel in plain JS, got ${name}`);
  return ({ inputs, backend, attrs }) => {
    const wasm = backend as Wasm;
    // Its first use would print an advertisement.
    const cpu = (host ??= Object.assign(new MathBackendCPU(), { firstUse: false }));
    // A kernel of many operands (concat, einsum) takes them as an array.
    const copies = (Array.isArray(inputs) ? [] : {}) as NamedTensorInfoMap;
    for (const [key, x] of Object.entries(inputs)) if (x != null) copies[key] = toHost(cpu, wasm, x);
    const made: TensorInfo[] = [];
    try {
      const result = config.kernelFunc({ inputs: copies, backend: cpu, attrs: attrs ?? {} });
      made.push(...(Array.isArray(result) ? result : [result]));
      const moved = made.map((x) => fromHost(cpu, wasm, x));
      return Array.isArray(result) ? moved : moved[0]!;
    } finally {
      for (const x of [...Object.values(copies), ...made]) if (x !== undefined) cpu.disposeData((x as TensorInfo).dataId, true);
    }
  };
}
