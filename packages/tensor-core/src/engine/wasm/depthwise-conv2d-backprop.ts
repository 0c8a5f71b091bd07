import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { floats, zeroed, type Wasm } from "./backend.ts";
import { explicitPadding, type Padding } from "./explicit-padding.ts";

type Shape4 = [number, number, number, number];

interface Attributes {
  readonly strides: number | [number, number];
  readonly dilations: number | [number, number];
  readonly pad: Padding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape?: Shape4;
  readonly inputShape?: Shape4;
}

function geometry(input: Shape4, filter: Shape4, { strides, dilations, pad, dimRoundingMode }: Attributes): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(input, filter, strides, dilations, explicitPadding(pad), dimRoundingMode, true);
}

/** Calls `visit(x, w, dy)` with the first channel of each pixel of the input, of the filter and of the output that meet. */
function meet(conv: backend_util.Conv2DInfo, visit: (x: number, w: number, dy: number) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, padInfo } = conv;
  for (let i = 0; i < filterHeight; i++) {
    for (let j = 0; j < filterWidth; j++) {
      const w = (i * filterWidth + j) * outChannels;
      for (let image = 0; image < batchSize; image++) {
        for (let y = 0; y < outHeight; y++) {
          const row = y * conv.strideHeight + i * conv.dilationHeight - padInfo.top;
          if (row < 0 || row >= inHeight) continue;
          for (let x = 0; x < outWidth; x++) {
            const column = x * conv.strideWidth + j * conv.dilationWidth - padInfo.left;
            if (column < 0 || column >= inWidth) continue;
            visit(((image * inHeight + row) * inWidth + column) * inChannels, w, ((image * outHeight + y) * outWidth + x) * outChannels);
          }
        }
      }
    }
  }
}

/** `dw[i, j, c, m] = Σ x[b, s y + d i, s x + d j, c] dy[b, y, x, c m]` over b, y, x, in plain JS on the heap. */
export function depthwiseConv2dBackpropFilter(): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { x, dy } = args.inputs as { x: TensorInfo; dy: TensorInfo };
    const attributes = args.attrs as unknown as Attributes;
    const conv = geometry(x.shape as Shape4, attributes.filterShape!, attributes);
    const out = zeroed(wasm, attributes.filterShape!);
    const [from, by, to] = [floats(wasm, x), floats(wasm, dy), floats(wasm, out)];
    const [channels, copies] = [conv.inChannels, conv.outChannels / conv.inChannels];
    meet(conv, (at, w, y) => {
      for (let c = 0, o = 0; c < channels; c++) {
        const pixel = from[at + c]!;
        for (let m = 0; m < copies; m++, o++) to[w + o]! += pixel * by[y + o]!;
      }
    });
    return out;
  };
}

/** `dx[b, s y + d i, s x + d j, c] += Σ dy[b, y, x, c m] w[i, j, c, m]` over m, in plain JS on the heap. */
export function depthwiseConv2dBackpropInput(): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const { dy, filter } = args.inputs as { dy: TensorInfo; filter: TensorInfo };
    const attributes = args.attrs as unknown as Attributes;
    const conv = geometry(attributes.inputShape!, filter.shape as Shape4, attributes);
    const out = zeroed(wasm, attributes.inputShape!);
    const [from, by, to] = [floats(wasm, filter), floats(wasm, dy), floats(wasm, out)];
    const [channels, copies] = [conv.inChannels, conv.outChannels / conv.inChannels];
    meet(conv, (at, w, y) => {
      for (let c = 0, o = 0; c < channels; c++) {
        let sum = 0;
        for (let m = 0; m < copies; m++, o++) sum += from[w + o]! * by[y + o]!;
        to[at + c]! += sum;
      }
    });
    return out;
  };
}
