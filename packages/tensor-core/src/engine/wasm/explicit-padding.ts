import type { backend_util, KernelFunc } from "@tensorflow/tfjs-core";

/** How far windows reach beyond an image, as TensorFlow.js has it. */
export type Padding = "valid" | "same" | number | backend_util.ExplicitPadding;

/** The same padding with a number spelled out for each side. */
export function explicitPadding(pad: Padding): Exclude<Padding, number> {
  return typeof pad === "number" ? [[0, 0], [pad, pad], [pad, pad], [0, 0]] : pad;
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
    return typeof attrs.pad === "number" && attrs.dataFormat !== "NCHW" ? original({ ...args, attrs: { ...args.attrs, pad: explicitPadding(attrs.pad) as number[][] } }) : original(args);
  };
}
