import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { floats, zeroed, type Wasm } from "./backend.ts";
import { explicitPadding, type Padding } from "./explicit-padding.ts";

interface Attributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Padding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/**
 * The gradient of max pooling: dy goes to the first greatest pixel of its window, in plain JS on the heap.
 *
 * The heap's own kernel starts from the smallest positive number, not from −∞: windows without a positive pixel got no gradient.
 */
export function maxPoolGrad(): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { dy, input } = args.inputs as { dy: TensorInfo; input: TensorInfo };
    const { filterSize, strides, pad, dimRoundingMode } = args.attrs as unknown as Attributes;
    const shape = input.shape as [number, number, number, number];
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } =
      backend_util.computePool2DInfo(shape, filterSize, strides, 1, explicitPadding(pad), dimRoundingMode);
    const out = zeroed(wasm, shape);
    const [from, by, to] = [floats(wasm, input), floats(wasm, dy), floats(wasm, out)];
    let at = 0;
    for (let image = 0; image < batchSize; image++) {
      for (let y = 0; y < outHeight; y++) {
        const [top, bottom] = [Math.max(0, y * strideHeight - padInfo.top), Math.min(inHeight, y * strideHeight - padInfo.top + filterHeight)];
        for (let x = 0; x < outWidth; x++) {
          const [left, right] = [Math.max(0, x * strideWidth - padInfo.left), Math.min(inWidth, x * strideWidth - padInfo.left + filterWidth)];
          for (let c = 0; c < inChannels; c++, at++) {
            let best = -1;
            let greatest = -Infinity;
            for (let row = top; row < bottom; row++) {
              for (let column = left, p = ((image * inHeight + row) * inWidth + left) * inChannels + c; column < right; column++, p += inChannels) {
                const pixel = from[p]!;
                if (pixel > greatest || best < 0) {
                  greatest = pixel;
                  best = p;
                }
              }
            }
            if (best >= 0) to[best]! += by[at]!;
          }
        }
      }
    }
    return out;
  };
}
