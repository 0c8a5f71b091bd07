import type { TensorInfo } from "@tensorflow/tfjs-core";
import { free, type Wasm } from "./backend.ts";
import { call } from "./call.ts";

const kernels: Readonly<Record<string, string>> = { relu: "Relu", relu6: "Relu6", elu: "Elu", sigmoid: "Sigmoid" };

/**
 * The named activation of `x`, which it consumes.
 *
 * @throws RangeError for an activation that no fused kernel has
 */
export function activated(wasm: Wasm, x: TensorInfo, activation: string, alpha?: TensorInfo, leak?: number): TensorInfo {
  if (activation === "linear") return x;
  const name = kernels[activation];
  const out =
    name !== undefined
      ? call(wasm, name, { x })
      : activation === "leakyrelu"
        ? call(wasm, "LeakyRelu", { x }, { alpha: leak ?? 0 })
        : activation === "prelu" && alpha !== undefined
          ? call(wasm, "Prelu", { x, alpha })
          : undefined;
  free(wasm, x);
  if (out === undefined)
    throw new RangeError(`Cannot apply a fused kernel: activation must be linear, relu, relu6, elu, sigmoid, leakyrelu or prelu, got ${activation}`);
  return out;
}
