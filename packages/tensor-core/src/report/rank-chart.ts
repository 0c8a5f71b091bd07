import type { TopLevelSpec } from "vega-lite";
import type { HostArray } from "../memory.ts";
import type { Chart, ChartText } from "./chart.ts";
import { chainsOf } from "./trace-chart.ts";

/**
 * How often the draws of each chain fall into each part of all chains' pooled ranks: flat if the chains sample the same law [Vehtari2021, section 4.4].
 *
 * Equal draws share their mean rank. The dashed line is what equal chains expect.
 *
 * @param draws [chain, draw]
 * @throws RangeError if there are no draws, the array has other axes, or bins is not a whole number ≥ 1
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { rankChart } from "@lab/tensor-core/report";
 * rankChart(ndarray(new Float32Array([1, 3, 2, 4]), [2, 2]), { title: "Ranks", bins: 2 }).rows.map(({ draws }) => draws); // => [ 1, 1, 1, 1 ]
 * ```
 */
export function rankChart(draws: HostArray, { bins = 20, ...text }: ChartText & { readonly bins?: number }): Chart {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`Cannot draw a rank chart: bins must be a whole number ≥ 1, got ${bins}`);
  const { chains, length, get } = chainsOf("rank chart", draws);
  const pooled = Array.from({ length: chains * length }, (_, i) => ({ chain: Math.floor(i / length), value: get(Math.floor(i / length), i % length) })).sort(
    (a, b) => a.value - b.value,
  );
  const counts = Array.from({ length: chains }, () => new Array<number>(bins).fill(0));
  for (let i = 0; i < pooled.length;) {
    let end = i + 1;
    while (end < pooled.length && pooled[end]!.value === pooled[i]!.value) end++;
    const bin = Math.floor((((i + end - 1) / 2 + 0.5) / pooled.length) * bins);
    for (; i < end; i++) counts[pooled[i]!.chain]![bin]!++;
  }
  const rows = counts.flatMap((row, chain) => row.map((count, bin) => ({ chain: `chain ${chain + 1}`, bin: bin + 1, draws: count })));
  return {
    kind: "chart",
    title: text.title,
    alt:
      text.alt ??
      `${text.title}. Rank histograms of ${chains} chains in ${bins} bins: ${Math.min(...counts.flat())} to ${Math.max(...counts.flat())} draws a bin, ${Number((length / bins).toPrecision(3))} expected`,
    rows,
    spec: (width) => {
      const columns = Math.min(chains, width < 420 ? 2 : 4);
      return {
        data: { values: rows },
        facet: { field: "chain", type: "nominal", sort: null },
        columns,
        spacing: 22,
        spec: {
          width: Math.floor((width - 22 * (columns - 1)) / columns - (columns - 1) * 2),
          height: 80,
          layer: [
            {
              mark: { type: "bar", cornerRadiusEnd: 0 },
              encoding: {
                x: { field: "bin", type: "ordinal", title: null, axis: { labels: false, ticks: false } },
                y: { field: "draws", type: "quantitative", title: null, axis: { tickCount: 3 } },
              },
            },
            { mark: { type: "rule" }, encoding: { y: { datum: length / bins } } },
          ],
        },
      } as TopLevelSpec;
    },
  };
}
