import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { floats, free, zeroed, type Wasm } from "./backend.ts";
import { call } from "./call.ts";
import { explicitPadding, type Padding } from "./explicit-padding.ts";

type Shape4 = [number, number, number, number];
type Conv = backend_util.Conv2DInfo;

interface Attributes {
  readonly strides: number | [number, number];
  readonly dilations: number | [number, number];
  readonly pad: Padding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape?: Shape4;
  readonly inputShape?: Shape4;
}

function geometry(input: Shape4, filter: Shape4, { strides, dilations, pad, dimRoundingMode }: Attributes): Conv {
  return backend_util.computeConv2DInfo(input, filter, strides, dilations, explicitPadding(pad), dimRoundingMode, true);
}

/** What happens at one pixel of the input, of the filter and of the output that meet; each number is that pixel's first channel. */
type Meeting = (channels: number, copies: number, x: Float32Array, w: Float32Array, dy: Float32Array, atX: number, atW: number, atDy: number) => void;

function meet(conv: Conv, x: Float32Array, w: Float32Array, dy: Float32Array, meeting: Meeting): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, padInfo } = conv;
  const copies = outChannels / inChannels;
  for (let image = 0; image < batchSize; image++) {
    for (let y = 0; y < outHeight; y++) {
      for (let i = 0; i < filterHeight; i++) {
        const row = y * conv.strideHeight + i * conv.dilationHeight - padInfo.top;
        if (row < 0 || row >= inHeight) continue;
        for (let j = 0; j < filterWidth; j++) {
          for (let x1 = 0; x1 < outWidth; x1++) {
            const column = x1 * conv.strideWidth + j * conv.dilationWidth - padInfo.left;
            if (column < 0 || column >= inWidth) continue;
            const atX = ((image * inHeight + row) * inWidth + column) * inChannels;
            meeting(inChannels, copies, x, w, dy, atX, (i * filterWidth + j) * outChannels, ((image * outHeight + y) * outWidth + x1) * outChannels);
          }
        }
      }
    }
  }
}

const towardsFilter: Meeting = (channels, copies, x, w, dy, atX, atW, atDy) => {
  for (let c = 0, o = 0; c < channels; c++) {
    const pixel = x[atX + c]!;
    for (let m = 0; m < copies; m++, o++) w[atW + o]! += pixel * dy[atDy + o]!;
  }
};

const towardsInput: Meeting = (channels, copies, x, w, dy, atX, atW, atDy) => {
  for (let c = 0, o = 0; c < channels; c++) {
    let sum = x[atX + c]!;
    for (let m = 0; m < copies; m++, o++) sum += w[atW + o]! * dy[atDy + o]!;
    x[atX + c] = sum;
  }
};

/** `dw[i, j, c, m] = Σ x[b, s y + d i, s x + d j, c] dy[b, y, x, c m]` over b, y, x, in plain JS on the heap. */
export function depthwiseConv2dBackpropFilter(): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { x, dy } = args.inputs as { x: TensorInfo; dy: TensorInfo };
    const attributes = args.attrs as unknown as Attributes;
    const out = zeroed(wasm, attributes.filterShape!);
    meet(geometry(x.shape as Shape4, attributes.filterShape!, attributes), floats(wasm, x), floats(wasm, out), floats(wasm, dy), towardsFilter);
    return out;
  };
}

/** Stride 1, one output per channel: a depthwise convolution of dy by the filter turned by half a turn, at the heap's full speed. */
function byConvolution(wasm: Wasm, dy: TensorInfo, filter: TensorInfo, conv: Conv): TensorInfo {
  const { inHeight, inWidth, outHeight, outWidth, effectiveFilterHeight, effectiveFilterWidth, padInfo, dilationHeight, dilationWidth } = conv;
  const turned = call(wasm, "Reverse", { x: filter }, { dims: [0, 1] });
  const [top, left] = [effectiveFilterHeight - 1 - padInfo.top, effectiveFilterWidth - 1 - padInfo.left];
  const pad = [
    [0, 0],
    [top, inHeight - outHeight + effectiveFilterHeight - 1 - top],
    [left, inWidth - outWidth + effectiveFilterWidth - 1 - left],
    [0, 0],
  ];
  const dx = call(
    wasm,
    "DepthwiseConv2dNative",
    { x: dy, filter: turned },
    { strides: [1, 1], pad, dataFormat: "NHWC", dilations: [dilationHeight, dilationWidth] },
  );
  free(wasm, turned);
  return dx;
}

/** `dx[b, s y + d i, s x + d j, c] += Σ dy[b, y, x, c m] w[i, j, c, m]` over m. */
export function depthwiseConv2dBackpropInput(): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { dy, filter } = args.inputs as { dy: TensorInfo; filter: TensorInfo };
    const attributes = args.attrs as unknown as Attributes;
    const conv = geometry(attributes.inputShape!, filter.shape as Shape4, attributes);
    const { top, bottom, left, right } = conv.padInfo;
    const smallPad = Math.max(top, bottom) < conv.effectiveFilterHeight && Math.max(left, right) < conv.effectiveFilterWidth;
    const plain = conv.strideHeight * conv.strideWidth === 1 && conv.outChannels === conv.inChannels;
    if (plain && smallPad && !dy.shape.includes(0)) return byConvolution(wasm, dy, filter, conv);
    const out = zeroed(wasm, attributes.inputShape!);
    meet(conv, floats(wasm, out), floats(wasm, filter), floats(wasm, dy), towardsInput);
    return out;
  };
}
