import { scalar, tensor, type Tensor } from "@tensorflow/tfjs-core";
import { nativeBackend } from "../engine/native-backend.ts";

/** x & mask, for int32 words and a mask of at most 31 bits. */
export function bitwiseAnd<T extends Tensor>(x: T, mask: number): T {
  const backend = nativeBackend();
  // TensorFlow.js has no integer logic of its own; elsewhere words are host numbers anyway.
  if (backend === undefined)
    return tensor(
      Int32Array.from(x.dataSync(), (word) => word & mask),
      x.shape,
      "int32",
    ) as T;
  const { binding } = backend;
  const [result] = binding.executeOp(
    "BitwiseAnd",
    [{ name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 }],
    backend.getInputTensorIds([x, scalar(mask, "int32")]),
    1,
  );
  return backend.createOutputTensor(result!) as T;
}
