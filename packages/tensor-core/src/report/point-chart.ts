import type { TopLevelSpec } from "vega-lite";
import { coloured, description, marks, positioned, type Axis, type Chart, type ChartText, type Mark } from "./chart.ts";
import type { Rows } from "./table.ts";

export type PointChartOptions = ChartText & {
  readonly x: string;
  readonly y: string | readonly string[];
  /** The field that tells groups of points apart. */
  readonly series?: string;
  /** The fields of the lower and upper end of an error bar. */
  readonly band?: readonly [low: string, high: string];
  readonly xAxis?: Axis;
  readonly yAxis?: Axis;
  /** Whether the line y = x is drawn, on which equal numbers lie. */
  readonly diagonal?: boolean;
};

/**
 * Points in a plane, with error bars if there is a band.
 *
 * @throws RangeError if there are no rows, a field is in none, or a log axis meets a number that is not positive
 * @example
 * ```ts
 * import { pointChart } from "@lab/tensor-core/report";
 * pointChart([{ risk: 0.1, bound: 0.2 }], { title: "Bound", x: "risk", y: "bound" }).alt; // => 'Bound. bound against risk: from 0.2 to 0.2'
 * ```
 */
export function pointChart(rows: Rows, { x, y, series, band, xAxis = {}, yAxis = {}, diagonal = false, ...text }: PointChartOptions): Chart {
  const all = marks("point chart", rows, { x, y, series, band });
  const yName = typeof y === "string" ? y : "";
  const [across, up] = [
    positioned(
      "point chart",
      "x",
      all.map((mark) => mark.x),
      xAxis,
      x,
    ),
    positioned(
      "point chart",
      "y",
      all.flatMap(({ y: value, low, high }) => [value, low ?? null, high ?? null]),
      yAxis,
      yName,
    ),
  ];
  const ends = diagonal ? equal(all) : [];
  return {
    kind: "chart",
    title: text.title,
    alt: description(text, all, xAxis.title ?? x, yAxis.title ?? (yName || "values")),
    rows,
    spec: (width) =>
      ({
        width,
        height: Math.round(Math.min(320, 160 + width * 0.28)),
        data: { values: all },
        encoding: { x: across },
        layer: [
          ...(ends.length > 0 ? [{ data: { values: ends }, mark: { type: "rule" }, encoding: { y: up, x2: { field: "x2" }, y2: { field: "y2" } } }] : []),
          ...(band
            ? [
                {
                  mark: { type: "rule", strokeDash: [1, 0], strokeWidth: 1.5, opacity: 0.7 },
                  encoding: { y: { ...up, field: "low" }, y2: { field: "high" }, ...coloured(all, width, yAxis.title ?? yName) },
                },
              ]
            : []),
          {
            mark: { type: "point", filled: true, opacity: all.length > 200 ? 0.45 : 0.9, size: all.length > 200 ? 20 : 55 },
            encoding: { y: up, ...coloured(all, width, yAxis.title ?? yName) },
          },
        ],
      }) as TopLevelSpec,
  };
}

/** The part of y = x that lies within the points. */
function equal(all: readonly Mark[]): { readonly x: number; readonly y: number; readonly x2: number; readonly y2: number }[] {
  const [xs, ys] = [all.flatMap(({ x }) => (typeof x === "number" ? [x] : [])), all.flatMap(({ y }) => (y === null ? [] : [y]))];
  const [low, high] = [Math.max(Math.min(...xs), Math.min(...ys)), Math.min(Math.max(...xs), Math.max(...ys))];
  return low < high ? [{ x: low, y: low, x2: high, y2: high }] : [];
}
