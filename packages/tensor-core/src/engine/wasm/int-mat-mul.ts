import type { TensorInfo } from "@tensorflow/tfjs-core";
import { ints, zeroed, type Wasm } from "./backend.ts";
import { batchSources } from "./batch-sources.ts";
import type { Product } from "./mat-mul.ts";

/** `a b` for int32 operands, modulo 2³², in plain JS on the heap. */
export function intMatMul(wasm: Wasm, { a, b, transposeA, transposeB, batch }: Product): TensorInfo {
  const [m, k, n] = [a.shape.at(transposeA ? -1 : -2)!, a.shape.at(transposeA ? -2 : -1)!, b.shape.at(transposeB ? -2 : -1)!];
  const out = zeroed(wasm, [...batch, m, n], "int32");
  const [x, y, z] = [ints(wasm, a), ints(wasm, b), ints(wasm, out)];
  const [rowA, innerA] = transposeA ? [1, m] : [k, 1];
  const [innerB, columnB] = transposeB ? [1, k] : [n, 1];
  const [fromA, fromB] = [batchSources(a.shape.slice(0, -2), batch), batchSources(b.shape.slice(0, -2), batch)];
  for (let i = 0; i < fromA.length; i++) {
    const [startA, startB, start] = [fromA[i]! * m * k, fromB[i]! * k * n, i * m * n];
    for (let row = 0; row < m; row++) {
      for (let inner = 0; inner < k; inner++) {
        const factor = x[startA + row * rowA + inner * innerA]!;
        for (let column = 0; column < n; column++) z[start + row * n + column]! += Math.imul(factor, y[startB + inner * innerB + column * columnB]!);
      }
    }
  }
  return out;
}
