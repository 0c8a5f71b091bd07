import { getKernel, getKernelsForBackend, registerKernel, unregisterKernel, type KernelFunc } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { batchMatMul } from "./batch-mat-mul.ts";
import { conv2dBackpropFilter } from "./conv2d-backprop-filter.ts";
import { conv2dBackpropInput } from "./conv2d-backprop-input.ts";
import { cpuKernel } from "./cpu-kernel.ts";
import { depthwiseConv2dBackpropFilter, depthwiseConv2dBackpropInput } from "./depthwise-conv2d-backprop.ts";
import { exactFunctions, folds, fromFront, onFloats, realFunctions, unlessEmpty, whenAttribute, where } from "./dtype.ts";
import { einsum } from "./einsum.ts";
import { padded, spelledOut } from "./explicit-padding.ts";
import { fusedMatMul } from "./fused-mat-mul.ts";
import { gather } from "./gather.ts";
import { identity } from "./identity.ts";
import { maxPoolGrad } from "./max-pool-grad.ts";
import { extremum, onFinite } from "./nan.ts";
import { refusal, refused } from "./refused.ts";
import { sign } from "./sign.ts";
import { tile } from "./tile.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

const ours = new WeakSet<KernelFunc>();

function register(kernelName: string, kernelFunc: KernelFunc): void {
  const original = getKernel(kernelName, "wasm");
  if (original !== undefined) unregisterKernel(kernelName, "wasm");
  ours.add(kernelFunc);
  // The heap binds its own kernel when it starts, and ours may call it: keep that step.
  registerKernel({ ...original, kernelName, backendName: "wasm", kernelFunc });
}

/** Registers `wrap(original, exact)` for each name: the heap's own kernel and the one in plain JS. */
function replace(names: readonly string[], wrap: (original: KernelFunc, exact: KernelFunc) => KernelFunc): void {
  for (const name of names) register(name, wrap(getKernel(name, "wasm").kernelFunc, cpuKernel(name)));
}

const convolutions = ["Conv2D", "DepthwiseConv2dNative", "FusedConv2D", "FusedDepthwiseConv2D"];

/** Kernels of windows, which write out of bounds when a numeric padding meets an uneven window. */
const windows = ["AvgPool", "AvgPoolGrad", "MaxPool", ...convolutions];

/** The heap's own start a maximum from the smallest positive number, not from −∞. */
const maxima = ["Dilation2D", "Dilation2DBackpropFilter", "Dilation2DBackpropInput", "MaxPool3D", "MaxPool3DGrad", "MaxPoolWithArgmax"];

function hot(): void {
  replace(["BatchMatMul"], (_, exact) => batchMatMul(exact));
  replace(["_FusedMatMul"], fusedMatMul);
  replace(["Conv2DBackpropInput"], conv2dBackpropInput);
  replace(["GatherV2"], (_, exact) => gather(exact));
  replace(["Tile"], (_, exact) => tile(exact));
  register("Conv2DBackpropFilter", conv2dBackpropFilter(cpuKernel("Conv2DBackpropFilter")));
  register("DepthwiseConv2dNativeBackpropFilter", depthwiseConv2dBackpropFilter());
  register("DepthwiseConv2dNativeBackpropInput", depthwiseConv2dBackpropInput());
  register("Einsum", einsum(cpuKernel("Einsum")));
  register("Identity", identity());
  register("MaxPoolGrad", maxPoolGrad());
  register("UnsortedSegmentSum", unsortedSegmentSum());
}

function corrected(): void {
  const clip = getKernel("ClipByValue", "wasm").kernelFunc;
  replace(["Maximum"], (original, exact) => extremum("max", clip, original, exact));
  replace(["Minimum"], (original, exact) => extremum("min", clip, original, exact));
  replace(["ClipByValue", "Relu6"], onFinite);
  replace(["Sign"], (_, exact) => sign(exact));
  replace(realFunctions, onFloats);
  for (const [name, dtypes] of Object.entries(exactFunctions)) replace([name], (original, exact) => where(dtypes, original, exact));
  replace([...folds, ...windows, "ResizeBilinear", "Transpose"], unlessEmpty);
  replace(["Cumprod", "Cumsum"], fromFront);
  replace(windows, padded);
  replace(convolutions, spelledOut);
  replace(["Cast"], (original, exact) => whenAttribute("dtype", (dtype) => dtype !== "bool", original, exact));
  // The library's own writes four bytes of an integer for each number, whatever its type.
  replace(["OneHot"], (original, exact) => whenAttribute("dtype", (dtype) => dtype === "int32", original, exact));
  replace(maxima, (_, exact) => exact);
}

/**
 * Makes TensorFlow.js's WASM backend good for research: products of transposed matrices and gradients of convolutions at full speed,
 * the kernels that gradients need and it lacks, right answers where its own kernels answer with noise, and a clear error where there is
 * none. Call it before or after the backend starts; a second call does nothing.
 *
 * What only plain JS can do runs there, on copies: right and slow.
 */
export function registerWasmKernels(): void {
  if (ours.has(getKernel("BatchMatMul", "wasm").kernelFunc)) return;
  hot();
  corrected();
  for (const [name, attempt] of Object.entries(refused)) register(name, refusal(name, attempt));
  const present = new Set(getKernelsForBackend("wasm").map((kernel) => kernel.kernelName));
  for (const { kernelName } of getKernelsForBackend("cpu")) if (!present.has(kernelName)) register(kernelName, cpuKernel(kernelName));
}
