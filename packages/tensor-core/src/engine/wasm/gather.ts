import { backend_util, util, type KernelFunc, type Tensor, type TensorInfo } from "@tensorflow/tfjs-core";
import { ints, type Wasm } from "./backend.ts";

/**
 * Slices of `x` along an axis in the order of `indices`, row by row; the heap's own kernel is slow, and wrong with batch axes.
 *
 * @throws RangeError for an index outside the axis
 */
export function gather(exact: KernelFunc): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { x, indices } = args.inputs as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = args.attrs as unknown as { axis: number; batchDims?: number };
    if (x.dtype === "string" || indices.dtype !== "int32") return exact(args);
    const along = util.parseAxisParam(axis, x.shape)[0]!;
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } = backend_util.segment_util.collectGatherOpShapeInfo(
      x as Tensor,
      indices as Tensor<never>,
      along,
      batchDims ?? 0,
    );
    const out = wasm.makeOutput(outputShape, x.dtype);
    if (util.sizeFromShape(out.shape) === 0) return out;
    const [from, to, at] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(out), ints(wasm, indices)];
    const outside = at.find((index) => index < 0 || index >= dimSize);
    if (outside !== undefined) {
      wasm.disposeData(out.dataId);
      throw new RangeError(`Cannot gather along axis ${along}: every index must be in [0, ${dimSize}), got ${outside}`);
    }
    const each = at.length / batchSize;
    let next = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        const origin = (batch * outerSize + outer) * dimSize;
        for (let i = 0; i < each; i++, next += sliceSize) {
          const start = (origin + at[batch * each + i]!) * sliceSize;
          if (sliceSize < 16) for (let j = 0; j < sliceSize; j++) to[next + j] = from[start + j]!;
          else to.set(from.subarray(start, start + sliceSize), next);
        }
      }
    }
    return out;
  };
}
