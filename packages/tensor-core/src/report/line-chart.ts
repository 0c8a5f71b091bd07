import type { TopLevelSpec } from "vega-lite";
import { coloured, description, marks, positioned, type Axis, type Chart, type ChartText } from "./chart.ts";
import type { Rows } from "./table.ts";

export type LineChartOptions = ChartText & {
  readonly x: string;
  /** One column, or several to compare. */
  readonly y: string | readonly string[];
  /** The field that tells lines apart. */
  readonly series?: string;
  /** The fields of the lower and upper end of a band, such as a standard error to each side. */
  readonly band?: readonly [low: string, high: string];
  readonly xAxis?: Axis;
  readonly yAxis?: Axis;
  /** Whether each row has its point; default: up to 30 rows a line. */
  readonly points?: boolean;
  /** Horizontal lines to compare with, by what they are. */
  readonly levels?: { readonly [label: string]: number };
};

/**
 * Lines over an axis, in the order of the rows; a number that is not finite breaks its line.
 *
 * @throws RangeError if there are no rows, a field is in none, or a log axis meets a number that is not positive
 * @example
 * ```ts
 * import { lineChart } from "@lab/tensor-core/report";
 * lineChart([{ step: 1, loss: 2 }, { step: 2, loss: 1 }], { title: "Loss", x: "step", y: "loss" }).alt; // => 'Loss. loss against step: from 1 to 2'
 * ```
 */
export function lineChart(rows: Rows, { x, y, series, band, xAxis = {}, yAxis = {}, points, levels = {}, ...text }: LineChartOptions): Chart {
  const all = marks("line chart", rows, { x, y, series, band });
  const yName = typeof y === "string" ? y : "";
  const [across, up] = [
    positioned("line chart", "x", all.map((mark) => mark.x), xAxis, x),
    positioned("line chart", "y", all.flatMap(({ y: value, low, high }) => [value, low ?? null, high ?? null]), yAxis, yName),
  ];
  const dotted = points ?? all.length <= 30 * new Set(all.map((mark) => mark.series)).size;
  const level = Object.entries(levels).map(([label, value]) => ({ label, value }));
  return {
    kind: "chart",
    title: text.title,
    alt: description(text, all, xAxis.title ?? x, yAxis.title ?? (yName || "values")),
    rows,
    spec: (width) =>
      ({
        width,
        height: Math.round(Math.min(300, 140 + width * 0.28)),
        data: { values: all },
        encoding: { x: across, ...coloured(all, width, yAxis.title ?? yName) },
        layer: [
          ...(band ? [{ mark: { type: "area", opacity: 0.18 }, encoding: { y: { ...up, field: "low" }, y2: { field: "high" } } }] : []),
          { mark: { type: "line" }, encoding: { y: up, order: { value: null } } },
          ...(dotted ? [{ mark: { type: "point", filled: true, size: 42, opacity: 1 }, encoding: { y: up } }] : []),
          ...(level.length > 0 ? levelLayers(level, up) : []),
        ],
      }) as TopLevelSpec,
  };
}

/** Dashed lines with their labels at the right end. */
function levelLayers(values: readonly { readonly label: string; readonly value: number }[], up: object): object[] {
  const label = { type: "text", align: "right", baseline: "bottom", dy: -4, x: "width" };
  const encoding = { x: null, color: null, y: { ...up, field: "value" } };
  return [
    { data: { values }, mark: { type: "rule" }, encoding },
    { data: { values }, mark: { ...label, style: "halo" }, encoding: { ...encoding, text: { field: "label" } } },
    { data: { values }, mark: label, encoding: { ...encoding, text: { field: "label" } } },
  ];
}
