import { getKernel, getKernelsForBackend, registerKernel, unregisterKernel, type KernelFunc } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { batchMatMul } from "./batch-mat-mul.ts";
import { conv2dBackpropFilter } from "./conv2d-backprop-filter.ts";
import { conv2dBackpropInput } from "./conv2d-backprop-input.ts";
import { cpuKernel } from "./cpu-kernel.ts";
import { depthwiseConv2dBackpropFilter, depthwiseConv2dBackpropInput } from "./depthwise-conv2d-backprop.ts";
import { exactFunctions, folds, fromFront, onFloats, realFunctions, unlessEmpty, whenAttribute, where } from "./dtype.ts";
import { einsum } from "./einsum.ts";
import { padded } from "./explicit-padding.ts";
import { fusedMatMul } from "./fused-mat-mul.ts";
import { gather } from "./gather.ts";
import { identity } from "./identity.ts";
import { maxPoolGrad } from "./max-pool-grad.ts";
import { extremum, onFinite } from "./nan.ts";
import { refusal, refused } from "./refused.ts";
import { tile } from "./tile.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

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
  register("Conv2DBackpropFilter", conv2dBackpropFilter());
  replace("Conv2DBackpropInput", conv2dBackpropInput);
  register("DepthwiseConv2dNativeBackpropFilter", depthwiseConv2dBackpropFilter());
  register("DepthwiseConv2dNativeBackpropInput", depthwiseConv2dBackpropInput());
  register("Einsum", einsum());
  register("GatherV2", gather(cpuKernel("GatherV2")));
  register("Identity", identity());
  register("MaxPoolGrad", maxPoolGrad());
  register("Tile", tile(cpuKernel("Tile")));
  register("UnsortedSegmentSum", unsortedSegmentSum());
  // These start a maximum from the smallest positive number too.
  for (const name of ["Dilation2D", "Dilation2DBackpropFilter", "Dilation2DBackpropInput", "MaxPool3D", "MaxPool3DGrad", "MaxPoolWithArgmax"]) register(name, cpuKernel(name));
  for (const [name, attempt] of Object.entries(refused)) register(name, refusal(name, attempt));
  const clip = getKernel("ClipByValue", "wasm").kernelFunc;
  replace("Maximum", (original) => extremum("max", clip, original, cpuKernel("Maximum")));
  replace("Minimum", (original) => extremum("min", clip, original, cpuKernel("Minimum")));
  for (const name of ["ClipByValue", "Relu6"]) replace(name, (original) => onFinite(original, cpuKernel(name)));
  for (const name of realFunctions) replace(name, onFloats);
  for (const [name, dtypes] of Object.entries(exactFunctions)) replace(name, (original) => where(dtypes, original, cpuKernel(name)));
  for (const name of folds) replace(name, (original) => unlessEmpty(original, cpuKernel(name)));
  for (const name of ["Cumprod", "Cumsum"]) replace(name, fromFront);
  for (const name of ["AvgPool", "AvgPoolGrad", "Conv2D", "DepthwiseConv2dNative", "FusedConv2D", "FusedDepthwiseConv2D", "MaxPool"]) replace(name, padded);
  replace("Cast", (original) => whenAttribute("dtype", (dtype) => dtype !== "bool", original, cpuKernel("Cast")));
  replace("OneHot", (original) => whenAttribute("dtype", (dtype) => dtype !== "bool", original, cpuKernel("OneHot")));
  const present = new Set(getKernelsForBackend("wasm").map((kernel) => kernel.kernelName));
  for (const { kernelName } of getKernelsForBackend("cpu")) if (!present.has(kernelName)) register(kernelName, cpuKernel(kernelName));
}
