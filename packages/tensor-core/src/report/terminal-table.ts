import type { Table } from "./table.ts";

// Written here, since cli-table3's own colours depend on the environment, not on what the caller asks.
const [BOLD, NOT_BOLD, GREY, NOT_GREY] = ["\u001b[1m", "\u001b[22m", "\u001b[90m", "\u001b[39m"];

/**
 * A table as text: columns as wide as their widest cell, numbers to the right, a line under the headers.
 *
 * @example
 * ```ts
 * import { table, terminalTable } from "@lab/tensor-core/report";
 * await terminalTable(table([{ lambda: 10, bound: 0.5 }, { lambda: 100, bound: 0.25 }])); // => 'lambda  bound\n──────  ─────\n    10  0.500\n   100  0.250'
 * ```
 */
export async function terminalTable({ caption, headers, numeric, cells }: Table, { colour = false }: { readonly colour?: boolean } = {}): Promise<string> {
  const { default: CliTable } = await import("cli-table3");
  const NONE = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    right: "",
    "right-mid": "",
  };
  const grid = new CliTable({
    head: headers.map((header) => (colour ? `${BOLD}${header}${NOT_BOLD}` : header)),
    chars: { ...NONE, mid: "─", "mid-mid": "  ", middle: "  " },
    colAligns: numeric.map((right) => (right ? "right" : "left")),
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  grid.push(...cells.map((row) => [...row]));
  const lines = grid
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .map((line, i) => (colour && i === 1 ? `${GREY}${line}${NOT_GREY}` : line));
  return [...(caption === undefined ? [] : [caption]), ...lines].join("\n");
}
