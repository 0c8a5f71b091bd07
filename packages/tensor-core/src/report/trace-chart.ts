import type { HostArray } from "../memory.ts";
import type { Chart, ChartText } from "./chart.ts";
import { lineChart } from "./line-chart.ts";

const MOST = 400;

/**
 * The draws of each chain in the order they came: chains that agree look like one fuzzy band.
 *
 * Long chains are thinned to every k-th draw, at most 400 a chain.
 *
 * @param draws [chain, draw], or [draw] for one chain
 * @throws RangeError if there are no draws or the array has other axes
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { traceChart } from "@lab/tensor-core/report";
 * traceChart(ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]), { title: "Loss", quantity: "loss" }).rows.length; // => 4
 * ```
 */
export function traceChart(draws: HostArray, { quantity, ...text }: ChartText & { readonly quantity: string }): Chart {
  const { chains, length, get } = chainsOf("trace chart", draws);
  const stride = Math.ceil(length / MOST);
  const rows = Array.from({ length: chains }, (_, chain) =>
    Array.from({ length: Math.ceil(length / stride) }, (_, i) => ({ draw: i * stride, [quantity]: get(chain, i * stride), chain: `chain ${chain + 1}` })),
  ).flat();
  return lineChart(rows, { ...text, x: "draw", y: quantity, points: false, ...(chains > 1 && { series: "chain" }) });
}

/** The draws as [chain, draw]. */
export function chainsOf(
  caller: string,
  draws: HostArray,
): { readonly chains: number; readonly length: number; readonly get: (chain: number, draw: number) => number } {
  const { shape, size } = draws;
  if (shape.length < 1 || shape.length > 2 || size === 0)
    throw new RangeError(`Cannot draw a ${caller}: expected draws of shape [chain, draw] or [draw], got [${shape.join(", ")}]`);
  return shape.length === 1
    ? { chains: 1, length: shape[0]!, get: (_, draw) => draws.get(draw) }
    : { chains: shape[0]!, length: shape[1]!, get: (chain, draw) => draws.get(chain, draw) };
}
