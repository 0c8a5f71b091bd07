import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import type { Wasm } from "./backend.ts";

/** Another handle on the same data, where the heap's own kernel copies: what was packed for a product stays packed for its clones. */
export function identity(): KernelFunc {
  return (args) => {
    const { x } = args.inputs as { x: TensorInfo };
    (args.backend as Wasm).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  };
}
