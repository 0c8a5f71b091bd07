import type { TopLevelSpec } from "vega-lite";
import { coloured, description, marks, positioned, type Axis, type Chart, type ChartText, type Mark } from "./chart.ts";
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
    positioned(
      "line chart",
      "x",
      all.map((mark) => mark.x),
      xAxis,
      x,
    ),
    positioned(
      "line chart",
      "y",
      all.flatMap(({ y: value, low, high }) => [value, low ?? null, high ?? null]),
      yAxis,
      yName,
    ),
  ];
  const dotted = points ?? all.length <= 30 * new Set(all.map((mark) => mark.series)).size;
  const [rules, labels] = levelLayers(
    Object.entries(levels).map(([label, value]) => ({ label, value, third: clearestThird(all, value) })),
    up,
  );
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
          ...rules,
          ...(band ? [{ mark: { type: "area", opacity: 0.18 }, encoding: { y: { ...up, field: "low" }, y2: { field: "high" } } }] : []),
          { mark: { type: "line" }, encoding: { y: up, order: { value: null } } },
          ...(dotted ? [{ mark: { type: "point", filled: true, size: 42, opacity: 1 }, encoding: { y: up } }] : []),
          ...labels,
        ],
      }) as TopLevelSpec,
  };
}

type Third = "left" | "center" | "right";
type Level = { readonly label: string; readonly value: number; readonly third: Third };

/** Dashed lines, and their labels in the third that has most room. */
function levelLayers(levels: readonly Level[], up: object): readonly [rules: object[], labels: object[]] {
  const encoding = { x: null, color: null, y: { ...up, field: "value" } };
  const labels = (["left", "center", "right"] as const).flatMap((third) => {
    const values = levels.filter((level) => level.third === third);
    const x = { left: 6, center: { expr: "width / 2" }, right: "width" }[third];
    return values.length === 0
      ? []
      : [{ data: { values }, mark: { type: "text", align: third, baseline: "bottom", dy: -4, x }, encoding: { ...encoding, text: { field: "label" } } }];
  });
  const halos = labels.map((label) => ({ ...label, mark: { ...label.mark, style: "halo" } }));
  return [levels.length === 0 ? [] : [{ data: { values: levels }, mark: { type: "rule" }, encoding }, ...halos], labels];
}

/** Where the lines stay furthest from a level; the right end if all are alike. */
function clearestThird(all: readonly Mark[], level: number): Third {
  const lines = [...new Set(all.map(({ series }) => series))].map((name) => all.flatMap(({ series, y }) => (series === name && y !== null ? [y - level] : [])));
  const room = (from: number): number =>
    Math.min(
      ...lines.map((line) => {
        const part = line.slice(Math.floor(line.length * from), Math.ceil(line.length * (from + 1 / 3)) + 1);
        return part.every((d) => d > 0) || part.every((d) => d < 0) ? Math.min(...part.map(Math.abs)) : 0;
      }),
    );
  const thirds = [
    { third: "right", room: room(2 / 3) },
    { third: "left", room: room(0) },
    { third: "center", room: room(1 / 3) },
  ] as const;
  return thirds.reduce((best, next) => (next.room > best.room ? next : best)).third;
}
