import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { floats, type Wasm } from "./backend.ts";

/** −1, 0 or 1, and NaN for NaN: the heap's own kernel calls a number below 1e-7 zero, and so does plain JS with NaN. */
export function sign(exact: KernelFunc): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { x } = args.inputs as { x: TensorInfo };
    if (x.dtype !== "float32") return exact(args);
    const out = wasm.makeOutput(x.shape, "float32");
    const [from, to] = [floats(wasm, x), floats(wasm, out)];
    for (let i = 0; i < to.length; i++) to[i] = Math.sign(from[i]!);
    return out;
  };
}
