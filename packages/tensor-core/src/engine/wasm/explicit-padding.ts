import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";

/** How far windows reach beyond an image, as TensorFlow.js has it. */
export type Padding = "valid" | "same" | number | backend_util.ExplicitPadding;

/** The same padding with a number spelled out for each side. */
export function explicitPadding(pad: Padding): Exclude<Padding, number> {
  return typeof pad === "number"
    ? [
        [0, 0],
        [pad, pad],
        [pad, pad],
        [0, 0],
      ]
    : pad;
}

/**
 * `original` with a numeric padding spelled out.
 *
 * TensorFlow.js takes the width of the result of a numerically padded window from the window's height and the vertical stride. Where
 * those differ the heap's kernel then writes past the end of the result.
 */
export function padded(original: KernelFunc): KernelFunc {
  return (args) => {
    const attrs = args.attrs as unknown as { pad: Padding; dataFormat?: string };
    return typeof attrs.pad === "number" && attrs.dataFormat !== "NCHW"
      ? original({ ...args, attrs: { ...args.attrs, pad: explicitPadding(attrs.pad) as number[][] } })
      : original(args);
  };
}

interface Attributes {
  readonly strides: number | [number, number];
  readonly dilations: number | [number, number];
  readonly pad: Padding;
  readonly dataFormat: string;
}

/** A convolution with the padding "same" spelled out: with a stride beyond the filter the heap's kernel fails, silently, and answers 0. */
export function spelledOut(original: KernelFunc): KernelFunc {
  return (args) => {
    const { strides, dilations, pad, dataFormat } = args.attrs as unknown as Attributes;
    if (pad !== "same" || dataFormat === "NCHW") return original(args);
    const { x, filter } = args.inputs as { x: TensorInfo; filter: TensorInfo };
    type Shape4 = [number, number, number, number];
    const { top, bottom, left, right } = backend_util.computeConv2DInfo(
      x.shape as Shape4,
      filter.shape as Shape4,
      strides,
      dilations,
      pad,
      undefined,
      false,
    ).padInfo;
    return original({
      ...args,
      attrs: {
        ...args.attrs,
        pad: [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ],
      },
    });
  };
}
