import type { Chart } from "./chart.ts";
import type { KeyFigures } from "./key-figures.ts";
import type { Remark } from "./remark.ts";
import type { Table } from "./table.ts";

/** What a notebook shows below the code of a cell. */
export type Exhibit = Table | Chart | KeyFigures | Remark;

/** Whether a value is an exhibit. */
export function isExhibit(value: unknown): value is Exhibit {
  const kind = typeof value === "object" && value !== null ? (value as { kind?: unknown }).kind : undefined;
  return kind === "table" || kind === "chart" || kind === "key figures" || kind === "remark";
}
