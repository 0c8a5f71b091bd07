import { significant } from "./significant.ts";

/** What a cell may hold; nothing is shown as an empty cell. */
export type Value = string | number | boolean | null | undefined;
/** Records with the same names: one per row of a table, one per mark of a chart. */
export type Rows = readonly { readonly [name: string]: Value }[];

export type Column = {
  /** Shown above the column; default: the name of the field. */
  readonly header?: string;
  /** Significant digits of numbers, three unless told; or how to write a value. */
  readonly format?: number | ((value: Value) => string);
};

/** Text in columns; numbers stand to the right. */
export interface Table {
  readonly kind: "table";
  readonly caption: string | undefined;
  readonly headers: readonly string[];
  readonly numeric: readonly boolean[];
  readonly cells: readonly (readonly string[])[];
}

/**
 * A table of `rows`: the columns named, in that order, or those of the first row.
 *
 * @throws RangeError if there are no rows, or a named column is in none of them
 * @example
 * ```ts
 * import { table } from "@lab/tensor-core/report";
 * table([{ lambda: 10, bound: 0.3217 }], { columns: { lambda: { header: "λ" }, bound: { format: 2 } } }).cells; // => [ [ '10', '0.32' ] ]
 * ```
 */
export function table(rows: Rows, { caption, columns }: { readonly caption?: string; readonly columns?: { readonly [name: string]: Column } } = {}): Table {
  const [first] = rows;
  if (first === undefined) throw new RangeError(`Cannot show a table${caption === undefined ? "" : ` "${caption}"`}: expected at least one row, got none`);
  const chosen = Object.entries(columns ?? Object.fromEntries(Object.keys(first).map((name): [string, Column] => [name, {}])));
  const stray = chosen.find(([name]) => !rows.some((row) => name in row));
  if (stray !== undefined) throw new RangeError(`Cannot show a table: no row has a column "${stray[0]}", only ${Object.keys(first).join(", ")}`);
  return {
    kind: "table",
    caption,
    headers: chosen.map(([name, { header }]) => header ?? name),
    numeric: chosen.map(([name]) => rows.every((row) => row[name] == null || typeof row[name] === "number")),
    cells: rows.map((row) => chosen.map(([name, { format }]) => text(row[name], format))),
  };
}

function text(value: Value, format: Column["format"]): string {
  if (typeof format === "function") return format(value);
  if (typeof value === "number") return significant(value, format);
  return typeof value === "boolean" ? (value ? "yes" : "no") : (value ?? "");
}
