import type { TopLevelSpec } from "vega-lite";
import { coloured, description, marks, positioned, type Axis, type Chart, type ChartText } from "./chart.ts";
import type { Rows } from "./table.ts";

export type BarChartOptions = ChartText & {
  /** The field that names the bars. */
  readonly category: string;
  /** Their lengths: one column, or several side by side. */
  readonly value: string | readonly string[];
  readonly series?: string;
  readonly valueAxis?: Axis;
};

/**
 * Horizontal bars from zero, in the order of the rows: names of any length stay readable on a narrow screen.
 *
 * @throws RangeError if there are no rows or a field is in none
 * @example
 * ```ts
 * import { barChart } from "@lab/tensor-core/report";
 * barChart([{ bound: "maurer", value: 0.2 }], { title: "Bounds", category: "bound", value: "value" }).title; // => 'Bounds'
 * ```
 */
export function barChart(rows: Rows, { category, value, series, valueAxis = {}, ...text }: BarChartOptions): Chart {
  const all = marks("bar chart", rows, { x: category, y: value, series }).map((mark) => ({ ...mark, x: String(mark.x) }));
  const name = typeof value === "string" ? value : "";
  const across = positioned(
    "bar chart",
    "y",
    all.map(({ y }) => y),
    { zero: true, ...valueAxis },
    name,
  );
  const groups = new Set(all.map((mark) => mark.series)).size;
  return {
    kind: "chart",
    title: text.title,
    alt: description(text, all, category, valueAxis.title ?? (name || "values")),
    rows,
    spec: (width) =>
      ({
        width,
        height: { step: groups > 1 ? 18 : 28, ...(groups > 1 && { for: "offset" }) },
        data: { values: all },
        mark: { type: "bar" },
        encoding: {
          y: { field: "x", type: "nominal", sort: null, title: null, scale: { paddingInner: 0.28 }, axis: { labelLimit: Math.max(120, width * 0.4) } },
          x: { ...across, axis: { ...(across as { axis: object }).axis, grid: true, domain: false, ticks: false } },
          ...coloured(all, width),
          ...(groups > 1 && { yOffset: { field: "series", type: "nominal", sort: null } }),
        },
      }) as TopLevelSpec,
  };
}
