import { backend_util, getKernel, type KernelConfig, type KernelFunc, type NamedAttrMap, type NamedTensorInfoMap, type Tensor } from "@tensorflow/tfjs-core";
import { ownOperation } from "./own-operation.ts";

type Sizes4 = [number, number, number, number];
type Inputs = NamedTensorInfoMap & { readonly [name: string]: Tensor & { readonly shape: Sizes4 } };
/** How tfjs describes a convolution or a pooling. */
type Attributes = NamedAttrMap & {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape?: Sizes4;
  readonly inputShape?: Sizes4;
  readonly filterSize?: number | [number, number];
};

/** A window's numbers, and a layer's weights, that stay in a core's own cache. */
const DEEPEST = 2 ** 11;
const MOST = 2 ** 17;
/** Below so many products of numbers a convolution is not worth laying out. */
const FEWEST = 2 ** 17;

/** The numbers of `Sizes` in `native/convolution.h`, where our own kernel is the faster one for a convolution. */
function convolution(x: Sizes4, filter: Sizes4, { strides, pad, dataFormat = "NHWC", dilations = 1, dimRoundingMode }: Attributes): number[] | undefined {
  if (dataFormat !== "NHWC" || typeof pad === "object") return undefined;
  const info = backend_util.computeConv2DInfo(x, filter, strides, dilations, pad, dimRoundingMode);
  const [batch, height, width, inputs] = x;
  const [tall, wide, , outputs] = filter;
  const { outHeight, outWidth, padInfo } = info;
  const plain = [info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth].every((n) => n === 1);
  const depth = tall * wide * Math.max(inputs, outputs);
  const few = depth <= DEEPEST && tall * wide * inputs * outputs <= MOST;
  const worth = batch * outHeight * outWidth * tall * wide * inputs * outputs >= FEWEST;
  if (!plain || !few || !worth || padInfo.top >= tall || padInfo.left >= wide) return undefined;
  return [batch, height, width, inputs, tall, wide, outputs, outHeight, outWidth, padInfo.top, padInfo.left];
}

/** The numbers of `Windows`, for pooling without padding. */
function windows(x: Sizes4, { filterSize, strides, pad, dimRoundingMode }: Attributes): number[] | undefined {
  const info = backend_util.computePool2DInfo(x, filterSize!, strides, 1, pad, dimRoundingMode);
  if (info.padInfo.type !== "VALID") return undefined;
  return [...x, info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth, info.outHeight, info.outWidth];
}

/** An operation of ours in place of tfjs-node's kernel, for what it is made for: its numbers and inputs, or undefined. */
function instead(
  kernelName: string,
  op: string,
  ours: (inputs: Inputs, attributes: Attributes) => { readonly sizes: number[] | undefined; readonly of: readonly Tensor[] },
): KernelConfig {
  const theirs = getKernel(kernelName, "tensorflow").kernelFunc;
  const kernelFunc: KernelFunc = (call) => {
    const { sizes, of } = ours(call.inputs as Inputs, call.attrs as Attributes);
    // Tensors of no element, and other types, are TensorFlow's.
    if (sizes === undefined || of.some(({ dtype, size }) => dtype !== "float32" || size === 0)) return theirs(call);
    return ownOperation(op, of, { sizes })[0]!;
  };
  return { kernelName, backendName: "tensorflow", kernelFunc };
}

/** Convolutions of stride 1 and pooling by our own kernels; what they are not made for stays with TensorFlow. */
export function convolutionKernels(): KernelConfig[] {
  return [
    instead("Conv2D", "LabConvolution", ({ x, filter }, attributes) => ({ sizes: convolution(x!.shape, filter!.shape, attributes), of: [x!, filter!] })),
    instead("Conv2DBackpropInput", "LabConvolutionInputGrad", ({ dy, filter }, attributes) => ({
      sizes: convolution(attributes.inputShape!, filter!.shape, attributes),
      of: [filter!, dy!],
    })),
    instead("Conv2DBackpropFilter", "LabConvolutionFilterGrad", ({ x, dy }, attributes) => ({
      sizes: convolution(x!.shape, attributes.filterShape!, attributes),
      of: [x!, dy!],
    })),
    instead("MaxPool", "LabMaxPool", ({ x }, attributes) => ({ sizes: windows(x!.shape, attributes), of: [x!] })),
    instead("MaxPoolGrad", "LabMaxPoolGrad", ({ input, output, dy }, attributes) => ({ sizes: windows(input!.shape, attributes), of: [input!, output!, dy!] })),
  ];
}
