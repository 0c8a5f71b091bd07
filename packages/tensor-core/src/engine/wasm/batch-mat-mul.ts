import { broadcast_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import type { Wasm } from "./backend.ts";
import { intMatMul } from "./int-mat-mul.ts";
import { matMul } from "./mat-mul.ts";

/** Batched product of matrices, `[..., m, k] [..., k, n] → [..., m, n]`, either operand transposed, batch axes broadcast. */
export function batchMatMul(exact: KernelFunc): KernelFunc {
  return (args) => {
    const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = args.attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const inner = [a.shape.at(transposeA ? -2 : -1)!, b.shape.at(transposeB ? -1 : -2)!];
    if (inner[0] !== inner[1]) {
      throw new TypeError(
        `Cannot multiply matrices: expected equal inner sizes, got ${inner.join(" and ")} from shapes [${a.shape.join(", ")}]${transposeA ? "ᵀ" : ""} and [${b.shape.join(", ")}]${transposeB ? "ᵀ" : ""}`,
      );
    }
    if (a.dtype !== b.dtype || (a.dtype !== "float32" && a.dtype !== "int32")) return exact(args);
    const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    return (a.dtype === "float32" ? matMul : intMatMul)(args.backend as Wasm, { a, b, transposeA, transposeB, batch });
  };
}
