import { scalar, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
import { nativeBackend } from "../engine/native-backend.ts";

/** x & mask, for int32 words and a mask of at most 31 bits. */
export function bitwiseAnd(x: Tensor1D, mask: number): Tensor1D {
  const backend = nativeBackend();
  // TensorFlow.js has no integer logic of its own; elsewhere words are host numbers anyway.
  if (backend === undefined) return tensor1d(Int32Array.from(x.dataSync(), (word) => word & mask), "int32");
  const { binding } = backend;
  const [result] = binding.executeOp("BitwiseAnd", [{ name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 }], backend.getInputTensorIds([x, scalar(mask, "int32")]), 1);
  return backend.createOutputTensor(result!) as Tensor1D;
}
