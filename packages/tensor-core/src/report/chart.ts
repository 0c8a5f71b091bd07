import type { TopLevelSpec } from "vega-lite";
import type { Rows, Value } from "./table.ts";

/** A picture of numbers: a Vega-Lite specification for each width it may be drawn at. */
export interface Chart {
  readonly kind: "chart";
  readonly title: string;
  /** What the picture says, for who cannot see it. */
  readonly alt: string;
  /** What is drawn, for who would rather read it. */
  readonly rows: Rows;
  /** `width` is that of the plot, pixels. */
  readonly spec: (width: number) => TopLevelSpec;
}

export type Axis = {
  readonly title?: string;
  readonly scale?: "linear" | "log" | "symlog";
  readonly domain?: readonly [number, number];
  /** Whether a linear axis must reach zero; default: no. */
  readonly zero?: boolean;
  /** A number format of d3-format, such as ".0%". */
  readonly format?: string;
};

export type ChartText = { readonly title: string; readonly alt?: string };

/**
 * A chart of a specification of one's own; the theme, the size and the title are added.
 *
 * @example
 * ```ts
 * import { chart } from "@lab/tensor-core/report";
 * const rows = [{ a: 1, b: 2 }];
 * chart({ title: "b", alt: "b against a", rows, spec: () => ({ data: { values: rows }, mark: "point", encoding: { x: { field: "a" }, y: { field: "b" } } }) }).title; // => 'b'
 * ```
 */
export function chart({
  title,
  alt,
  rows,
  spec,
}: {
  readonly title: string;
  readonly alt: string;
  readonly rows: Rows;
  readonly spec: (width: number) => TopLevelSpec;
}): Chart {
  return { kind: "chart", title, alt, rows, spec };
}

/** One mark: where it stands, and what it belongs to. Fields have plain names whatever the names of the data. */
export type Mark = { readonly x: Value; readonly y: number | null; readonly low?: number | null; readonly high?: number | null; readonly series: string };

/**
 * The marks of rows: one per row and column of `y`.
 *
 * @throws RangeError if there are no rows, or a field is in none
 */
export function marks(
  caller: string,
  rows: Rows,
  {
    x,
    y,
    series,
    band,
  }: {
    readonly x: string;
    readonly y: string | readonly string[];
    readonly series?: string | undefined;
    readonly band?: readonly [string, string] | undefined;
  },
): Mark[] {
  if (rows.length === 0) throw new RangeError(`Cannot draw a ${caller}: expected at least one row, got none`);
  const columns = typeof y === "string" ? [y] : y;
  for (const field of [x, ...columns, ...(series === undefined ? [] : [series]), ...(band ?? [])]) {
    if (!rows.some((row) => field in row))
      throw new RangeError(`Cannot draw a ${caller}: no row has a field "${field}", only ${Object.keys(rows[0]!).join(", ")}`);
  }
  return columns.flatMap((column) =>
    rows.map((row) => ({
      x: row[x],
      y: finite(row[column]),
      ...(band && { low: finite(row[band[0]]), high: finite(row[band[1]]) }),
      series: series === undefined ? column : columns.length > 1 ? `${String(row[series])} · ${column}` : String(row[series]),
    })),
  );
}

function finite(value: Value): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The encoding of one axis. */
export function positioned(
  caller: string,
  field: string,
  values: readonly Value[],
  { title, scale = "linear", domain, zero = false, format }: Axis,
  fallback: string,
): object {
  const numeric = values.every((value) => value == null || typeof value === "number");
  if (scale === "log") {
    const stray = values.find((value) => typeof value !== "number" || value <= 0);
    if (stray !== undefined && stray !== null)
      throw new RangeError(`Cannot draw a ${caller}: a log axis needs numbers above 0, got ${String(stray)} in ${fallback}`);
  }
  return {
    field,
    title: title ?? fallback,
    type: numeric ? "quantitative" : "nominal",
    ...(numeric
      ? { scale: { type: scale, ...(scale === "linear" && { zero }), ...(domain && { domain: [...domain] }), nice: domain === undefined && scale !== "log" } }
      : { sort: null }),
    axis: {
      ...(format !== undefined && { format }),
      ...(numeric && values.every((value) => value == null || Number.isInteger(value)) && { tickMinStep: 1 }),
      ...(scale === "log" && decades(values, domain) >= 2 && { labelExpr: POWERS }),
    },
  };
}

/** Only powers of ten are written at a long log axis. */
const POWERS = "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-6 ? datum.label : ''";

function decades(values: readonly Value[], domain: Axis["domain"]): number {
  const logs = (domain ?? values).flatMap((value) => (typeof value === "number" ? [Math.log10(value)] : []));
  return logs.reduce((a, b) => Math.max(a, b), -Infinity) - logs.reduce((a, b) => Math.min(a, b), Infinity);
}

/** The series in order of appearance, as a colour; with one series there is nothing to tell apart. */
export function coloured(all: readonly Mark[], width: number, yTitle = ""): object {
  const names = [...new Set(all.map(({ series }) => series))];
  if (names.length < 2) return {};
  const columns = Math.max(1, Math.min(names.length, Math.floor(width / (32 + 5.8 * Math.max(...names.map((name) => name.length))))));
  return { color: { field: "series", type: "nominal", sort: names, scale: { domain: names }, legend: { columns, offset: yTitle === "" ? 12 : 32 } } };
}

/** What a chart says in one sentence. */
export function description({ title, alt }: ChartText, all: readonly Mark[], x: string, y: string): string {
  if (alt !== undefined) return alt;
  const names = [...new Set(all.map(({ series }) => series))];
  const values = all.flatMap(({ y: value }) => (value === null ? [] : [value]));
  const range =
    values.length === 0 ? "no finite value" : `from ${brief(values.reduce((a, b) => Math.min(a, b)))} to ${brief(values.reduce((a, b) => Math.max(a, b)))}`;
  return `${title}. ${y} against ${x}${names.length > 1 ? ` for ${names.join(", ")}` : ""}: ${range}`;
}

function brief(value: number): string {
  return String(Number(value.toPrecision(3)));
}
