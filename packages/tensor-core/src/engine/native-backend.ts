import type { Tensor } from "@tensorflow/tfjs-core";

/** An attribute of an operation, as the binding takes it: `type` is one of its `TF_ATTR_*` numbers. */
export type OpAttribute = { readonly name: string; readonly type: number; readonly value: unknown };
/** A handle that an operation returned: `dtype` is one of TensorFlow's numbers. */
export type TensorMetadata = { readonly id: number; readonly shape: number[]; readonly dtype: number };

/** What is used of tfjs-node's C++ binding: operations and graphs on integer handles. */
export interface NativeBinding {
  executeOp(op: string, attributes: readonly OpAttribute[], inputIds: readonly number[], numOutputs: number): TensorMetadata[];
  createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView | readonly string[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputIds: readonly number[], inputNames: string, outputNames: string): TensorMetadata[];
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** What is used of tfjs-node's backend. */
export interface NativeBackend {
  binding: NativeBinding;
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
  getDTypeInteger(dtype: string): number;
}

/** What our own kernels can do on this machine: `matMul`, and `rows`, what a transformer does beside products, need a processor with AVX-512. */
export type Kernels = { readonly normal: boolean; readonly matMul: boolean; readonly rows: boolean };

export const NO_KERNELS: Kernels = { normal: false, matMul: false, rows: false };

let active: NativeBackend | undefined;
let kernels: Kernels = NO_KERNELS;

/** The native backend, once `engine()` has picked it. */
export function nativeBackend(): NativeBackend | undefined {
  return active;
}

/** Called by `engine()` when the native engine runs. */
export function setNativeBackend(backend: NativeBackend | undefined, own: Kernels = NO_KERNELS): void {
  active = backend;
  kernels = own;
}

/** Which of our own kernels the native backend has. */
export function ownKernels(): Kernels {
  return kernels;
}
