import { broadcast_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { free, type Wasm } from "./backend.ts";
import { activated } from "./activation.ts";
import { call } from "./call.ts";

interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation: string;
  readonly leakyreluAlpha?: number;
}

/** `activation(a b + bias)`: one call of the heap's own kernel where that is fast and right, else its three parts. */
export function fusedMatMul(original: KernelFunc): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { a, b, bias, preluActivationWeights } = args.inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo };
    const { transposeA, transposeB, activation, leakyreluAlpha } = args.attrs as unknown as Attributes;
    const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const single = batch.every((size) => size === 1) && ![...a.shape, ...b.shape].includes(0);
    const easy = activation === "linear" || activation === "relu" || activation === "relu6";
    if (single && easy && !transposeA && !transposeB && a.dtype === "float32" && b.dtype === "float32" && (bias === undefined || bias.shape.length === 1)) {
      return original(args);
    }
    const product = call(wasm, "BatchMatMul", { a, b }, { transposeA, transposeB });
    if (bias == null) return activated(wasm, product, activation, preluActivationWeights, leakyreluAlpha);
    const sum = call(wasm, "Add", { a: product, b: bias });
    free(wasm, product);
    return activated(wasm, sum, activation, preluActivationWeights, leakyreluAlpha);
  };
}
