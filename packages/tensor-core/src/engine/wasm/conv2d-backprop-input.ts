import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { floats, free, reshaped, through, zeroed, type Wasm } from "./backend.ts";
import { explicitPadding, type Padding } from "./explicit-padding.ts";
import { call, transposed } from "./call.ts";
import { matMul } from "./mat-mul.ts";

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: Padding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly inputShape: [number, number, number, number];
}

type Conv = backend_util.Conv2DInfo;

/** Adds each window of `patches`, `[image, y, x, i, j, channel]`, onto the pixels of `dx` that it came from. */
function addWindows(patches: Float32Array, dx: Float32Array, conv: Conv, images: number): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = conv;
  let at = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        for (let i = 0; i < filterHeight; i++) {
          const row = y * strideHeight + i - padInfo.top;
          for (let j = 0; j < filterWidth; j++, at += inChannels) {
            const column = x * strideWidth + j - padInfo.left;
            if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
            const to = ((image * inHeight + row) * inWidth + column) * inChannels;
            for (let c = 0; c < inChannels; c++) dx[to + c]! += patches[at + c]!;
          }
        }
      }
    }
  }
}

/** Numbers of patches held at once: 32 MB. */
const PATCHES = 1 << 23;

/** Every stride: `dy wᵀ` is the gradient of each window, and windows overlap. A few images at a time. */
function byWindows(wasm: Wasm, dy: TensorInfo, filter: TensorInfo, conv: Conv): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } = conv;
  const window = filterHeight * filterWidth * inChannels;
  const pixels = outHeight * outWidth;
  const dx = zeroed(wasm, conv.inShape);
  const atOnce = Math.max(1, Math.min(batchSize, Math.floor(PATCHES / (pixels * window))));
  for (let first = 0; first < batchSize; first += atOnce) {
    const images = Math.min(atOnce, batchSize - first);
    const patches = through(wasm, dy, first * pixels * outChannels, [images * pixels, outChannels], (a) =>
      matMul(wasm, { a, b: reshaped(filter, [window, outChannels]), transposeA: false, transposeB: true, batch: [] }),
    );
    const image = inHeight * inWidth * inChannels;
    addWindows(floats(wasm, patches), floats(wasm, dx).subarray(first * image, (first + images) * image), conv, images);
    free(wasm, patches);
  }
  return dx;
}

/** Stride 1: a convolution of dy by the filter turned by half a turn, so that the heap's fast convolution does it. */
function byConvolution(wasm: Wasm, dy: TensorInfo, filter: TensorInfo, conv: Conv): TensorInfo {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = conv;
  const swapped = transposed(wasm, filter, [0, 1, 3, 2]);
  const turned = call(wasm, "Reverse", { x: swapped }, { dims: [0, 1] });
  const [top, left] = [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left];
  const pad = [
    [0, 0],
    [top, inHeight - outHeight + filterHeight - 1 - top],
    [left, inWidth - outWidth + filterWidth - 1 - left],
    [0, 0],
  ];
  const dx = call(wasm, "Conv2D", { x: dy, filter: turned }, { strides: [1, 1], pad, dataFormat: "NHWC", dilations: [1, 1] });
  free(wasm, swapped, turned);
  return dx;
}

/**
 * `dx[b, s y + i, s x + j, c] += Σ dy[b, y, x, o] w[i, j, c, o]` over o: the gradient of a convolution by its images, and the
 * transposed convolution.
 */
export function conv2dBackpropInput(original: KernelFunc): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { dy, filter } = args.inputs as { dy: TensorInfo; filter: TensorInfo };
    const { strides, pad, dataFormat, dimRoundingMode, inputShape } = args.attrs as unknown as Attributes;
    if (dataFormat !== "NHWC" || dy.dtype !== "float32" || filter.dtype !== "float32") return original(args);
    const conv = backend_util.computeConv2DInfo(
      inputShape,
      filter.shape as [number, number, number, number],
      strides,
      1,
      explicitPadding(pad),
      dimRoundingMode,
    );
    const { batchSize, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, padInfo } = conv;
    if (batchSize * outHeight * outWidth * outChannels * inChannels === 0) return zeroed(wasm, conv.inShape);
    const smallPad = padInfo.top < filterHeight && padInfo.left < filterWidth && padInfo.bottom < filterHeight && padInfo.right < filterWidth;
    return conv.strideHeight === 1 && conv.strideWidth === 1 && smallPad ? byConvolution(wasm, dy, filter, conv) : byWindows(wasm, dy, filter, conv);
  };
}
