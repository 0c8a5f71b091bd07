import { util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { ints, floats, zeroed, type Wasm } from "./backend.ts";

/**
 * `out[s] = Σ x[i] over i with ids[i] = s`: the gradient of a table lookup.
 *
 * The axes of `ids` lead those of `x`; the result is `[segments, ...the rest of x]`. An id outside `[0, segments)` is left out.
 */
export function unsortedSegmentSum(): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { x, segmentIds } = args.inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = args.attrs as unknown as { numSegments: number };
    const lead = segmentIds.shape.length;
    if (segmentIds.shape.some((size, axis) => size !== x.shape[axis])) {
      throw new TypeError(`Cannot sum segments: expected ids of shape [${x.shape.slice(0, lead).join(", ")}], got [${segmentIds.shape.join(", ")}]`);
    }
    const out = zeroed(wasm, [numSegments, ...x.shape.slice(lead)], x.dtype);
    const width = util.sizeFromShape(x.shape.slice(lead));
    if (util.sizeFromShape(x.shape) === 0 || numSegments === 0) return out;
    const ids = ints(wasm, segmentIds);
    const from = x.dtype === "float32" ? floats(wasm, x) : ints(wasm, x);
    const to = x.dtype === "float32" ? floats(wasm, out) : ints(wasm, out);
    for (let i = 0, at = 0; i < ids.length; i++, at += width) {
      const segment = ids[i]!;
      if (segment < 0 || segment >= numSegments) continue;
      const row = segment * width;
      for (let j = 0; j < width; j++) to[row + j]! += from[at + j]!;
    }
    return out;
  };
}
