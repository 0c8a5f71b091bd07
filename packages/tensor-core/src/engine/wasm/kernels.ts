import { getKernel, getKernelsForBackend, registerKernel, unregisterKernel, type KernelFunc } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { batchMatMul } from "./batch-mat-mul.ts";
import { cpuKernel } from "./cpu-kernel.ts";
import { exactFunctions, folds, nanFunctions, onFloats, realFunctions, unlessEmpty, unlessNaN, where } from "./dtype.ts";
import { fusedMatMul } from "./fused-mat-mul.ts";

const registered = new WeakSet<KernelFunc>();

function register(kernelName: string, kernelFunc: KernelFunc): void {
  const original = getKernel(kernelName, "wasm");
  if (original !== undefined) unregisterKernel(kernelName, "wasm");
  registered.add(kernelFunc);
  // The heap binds its own kernel when it starts, and ours may call it: keep that step.
  registerKernel({ ...original, kernelName, backendName: "wasm", kernelFunc });
}

function replace(kernelName: string, wrap: (original: KernelFunc) => KernelFunc): void {
  register(kernelName, wrap(getKernel(kernelName, "wasm").kernelFunc));
}

export function registerWasmKernels(): void {
  if (registered.has(getKernel("BatchMatMul", "wasm").kernelFunc)) return;
  register("BatchMatMul", batchMatMul());
  replace("_FusedMatMul", fusedMatMul);
  for (const name of realFunctions) replace(name, onFloats);
  for (const [name, dtypes] of Object.entries(exactFunctions)) replace(name, (original) => where(dtypes, original, cpuKernel(name)));
  for (const name of nanFunctions) replace(name, (original) => unlessNaN(original, cpuKernel(name)));
  for (const name of folds) replace(name, (original) => unlessEmpty(original, cpuKernel(name)));
  const present = new Set(getKernelsForBackend("wasm").map((kernel) => kernel.kernelName));
  for (const { kernelName } of getKernelsForBackend("cpu")) if (!present.has(kernelName)) register(kernelName, cpuKernel(kernelName));
}
