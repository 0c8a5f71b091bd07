import {
  backend_util,
  mul,
  neg,
  registerKernel,
  relu,
  scalar,
  sub,
  tidy,
  unregisterKernel,
  type KernelConfig,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { convolutionKernels } from "./native-convolutions.ts";
import { isWorthOwnProduct } from "./own-product.ts";
import type { Kernels, NativeBackend, OpAttribute } from "./native-backend.ts";

/** An operation of the engine on tensors, with its type attributes spelled out. */
function execute(
  native: NativeBackend,
  op: string,
  types: { readonly [name: string]: string },
  inputs: readonly Tensor[],
  others: readonly OpAttribute[] = [],
): Tensor {
  const attributes = Object.entries(types).map(([name, dtype]) => ({ name, type: native.binding.TF_ATTR_TYPE, value: native.getDTypeInteger(dtype) }));
  const [result] = native.binding.executeOp(op, [...attributes, ...others], native.getInputTensorIds(inputs), 1);
  return native.createOutputTensor(result!);
}

type Inputs = NamedTensorInfoMap & { readonly [name: string]: Tensor };
type Numbers = NamedAttrMap & { readonly [name: string]: number };

/**
 * tfjs-node's own `GatherV2` reads every index back to check its range, which costs a copy and cannot be traced.
 * TensorFlow checks the range itself: an operation of its own throws, a compiled graph clamps.
 */
const gatherV2: KernelConfig = {
  kernelName: "GatherV2",
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, indices } = inputs as Inputs as { x: Tensor; indices: Tensor };
    const { axis, batchDims } = attrs as Numbers as { axis: number; batchDims: number };
    const native = backend as unknown as NativeBackend;
    backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
    const at = scalar(axis, "int32");
    const batch = { name: "batch_dims", type: native.binding.TF_ATTR_INT, value: batchDims };
    const result = execute(native, "GatherV2", { Tparams: x.dtype, Tindices: indices.dtype, Taxis: "int32" }, [x, indices, at], [batch]);
    at.dispose();
    return result;
  },
};

/** tfjs-node's own `ExpandDims` leaves its types to be inferred, which a graph does not do. */
const expandDims: KernelConfig = {
  kernelName: "ExpandDims",
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { input } = inputs as Inputs as { input: Tensor };
    const { dim } = attrs as Numbers as { dim: number };
    const at = scalar(dim, "int32");
    const result = execute(backend as unknown as NativeBackend, "ExpandDims", { T: input.dtype, Tdim: "int32" }, [input, at]);
    at.dispose();
    return result;
  },
};

/** tfjs-node's own `Prelu` calls methods of tensors that only the union package `@tensorflow/tfjs` adds to them. */
const prelu: KernelConfig = {
  kernelName: "Prelu",
  backendName: "tensorflow",
  kernelFunc: ({ inputs }) => {
    const { x, alpha } = inputs as Inputs as { x: Tensor; alpha: Tensor };
    return tidy(() => sub(relu(x), mul(alpha, relu(neg(x)))));
  },
};

/** Whether our own kernel takes a product: float32, the same batches on both sides, and large enough. */
function suits(a: Tensor, b: Tensor, turnedA: boolean, turnedB: boolean): boolean {
  if (a.dtype !== "float32" || b.dtype !== "float32" || a.rank !== b.rank || a.rank < 2) return false;
  const batch = a.shape.slice(0, -2);
  if (batch.some((size, i) => size !== b.shape[i])) return false;
  const [rows, depth] = (turnedA ? [-1, -2] : [-2, -1]).map((axis) => a.shape.at(axis)!) as [number, number];
  const columns = b.shape.at(turnedB ? -2 : -1)!;
  return isWorthOwnProduct(rows, columns, depth, { batch: batch.reduce((n, size) => n * size, 1), turned: turnedA });
}

/** Products of matrices on the processor's matrix units; what they are not made for stays with TensorFlow. */
const batchMatMul: KernelConfig = {
  kernelName: "BatchMatMul",
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as Inputs as { a: Tensor; b: Tensor };
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const native = backend as unknown as NativeBackend;
    const flags = [
      { name: "adj_x", type: native.binding.TF_ATTR_BOOL, value: transposeA },
      { name: "adj_y", type: native.binding.TF_ATTR_BOOL, value: transposeB },
    ];
    if (suits(a, b, transposeA, transposeB)) return execute(native, "LabMatMul", {}, [a, b], flags);
    return execute(native, "BatchMatMulV2", { T: a.dtype }, [a, b], flags);
  },
};

/** Replaces the kernels of tfjs-node that stand in the way of tracing, and those of which we have faster ones. */
export function registerNativeKernels({ matMul, rows }: Kernels): void {
  for (const kernel of [expandDims, gatherV2, prelu, ...(matMul ? [batchMatMul] : []), ...(rows ? convolutionKernels() : [])]) {
    unregisterKernel(kernel.kernelName, kernel.backendName);
    registerKernel(kernel);
  }
}
