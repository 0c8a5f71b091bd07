import { util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { free, type Wasm } from "./backend.ts";
import { call } from "./call.ts";

/** `x` with every block along `axis` and the axes after it written `times` times in a row. */
function repeated(wasm: Wasm, x: TensorInfo, axis: number, times: number): TensorInfo {
  const out = wasm.makeOutput(
    x.shape.map((size, i) => (i === axis ? size * times : size)),
    x.dtype,
  );
  const [from, to] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(out)];
  const block = util.sizeFromShape(x.shape.slice(axis));
  for (let start = 0, next = 0; start < from.length; start += block) {
    const end = next + block * times;
    if (block === 1) to.fill(from[start]!, next, end);
    else for (; next < end; next += block) to.set(from.subarray(start, start + block), next);
    next = end;
  }
  return out;
}

/** `x` repeated `reps[i]` times along each axis `i`, block by block; the heap's own kernel goes number by number. */
export function tile(exact: KernelFunc): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { x } = args.inputs as { x: TensorInfo };
    const { reps } = args.attrs as unknown as { reps: readonly number[] };
    if (x.dtype === "string" || reps.length !== x.shape.length || reps.includes(0) || x.shape.includes(0)) return exact(args);
    let out = call(wasm, "Identity", { x });
    for (let axis = reps.length - 1; axis >= 0; axis--) {
      if (reps[axis] === 1) continue;
      const longer = repeated(wasm, out, axis, reps[axis]!);
      free(wasm, out);
      out = longer;
    }
    return out;
  };
}
