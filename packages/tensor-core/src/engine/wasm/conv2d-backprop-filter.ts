import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { free, reshaped, zeroed, type Wasm } from "./backend.ts";
import { explicitPadding, type Padding } from "./explicit-padding.ts";
import { call, transposed } from "./call.ts";
import { matMul } from "./mat-mul.ts";

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: Padding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape: [number, number, number, number];
}

/**
 * `dw[i, j, c, o] = Σ x[b, s y + i, s x + j, c] dy[b, y, x, o]` over b, y, x: the gradient of a convolution by its filter.
 *
 * This sum is a convolution itself: of the images with channels for batch, by dy as a filter as large as the output, dilated by the
 * stride. So the heap's fast convolution does it. A filter of one pixel is one product of matrices.
 */
export function conv2dBackpropFilter(exact: KernelFunc): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { x, dy } = args.inputs as { x: TensorInfo; dy: TensorInfo };
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = args.attrs as unknown as Attributes;
    if (dataFormat !== "NHWC" || x.dtype !== "float32" || dy.dtype !== "float32") return exact(args);
    const conv = backend_util.computeConv2DInfo(x.shape as [number, number, number, number], filterShape, strides, 1, explicitPadding(pad), dimRoundingMode);
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, strideHeight, strideWidth } = conv;
    const pixels = batchSize * outHeight * outWidth;
    if (pixels * inChannels * outChannels === 0) return zeroed(wasm, filterShape);
    if (filterHeight * filterWidth * strideHeight * strideWidth === 1 && outHeight === inHeight && outWidth === inWidth) {
      const [a, b] = [reshaped(x, [pixels, inChannels]), reshaped(dy, [pixels, outChannels])];
      const product = matMul(wasm, { a, b, transposeA: true, transposeB: false, batch: [] });
      return { ...product, shape: [...filterShape] };
    }
    const { top, left } = conv.padInfo;
    // What the windows reach: beyond the image is padding, and pixels that no window reaches are cut off.
    const height = (outHeight - 1) * strideHeight + filterHeight - top;
    const width = (outWidth - 1) * strideWidth + filterWidth - left;
    const cut = height < inHeight || width < inWidth;
    const reached = cut
      ? call(wasm, "Slice", { x }, { begin: [0, 0, 0, 0], size: [batchSize, Math.min(height, inHeight), Math.min(width, inWidth), inChannels] })
      : x;
    const images = transposed(wasm, reached, [3, 1, 2, 0]);
    const filter = transposed(wasm, dy, [1, 2, 0, 3]);
    const padding = [
      [0, 0],
      [top, Math.max(0, height - inHeight)],
      [left, Math.max(0, width - inWidth)],
      [0, 0],
    ];
    const sum = call(wasm, "Conv2D", { x: images, filter }, { strides: [1, 1], pad: padding, dataFormat: "NHWC", dilations: [strideHeight, strideWidth] });
    const out = transposed(wasm, sum, [1, 2, 0, 3]);
    free(wasm, images, filter, sum, ...(cut ? [reached] : []));
    return out;
  };
}
