import { expect, test } from "vitest";
import { keyFigures } from "./key-figures.ts";
import { table } from "./table.ts";
import { terminalTable } from "./terminal-table.ts";

const rows = [
  { name: "Maurer", bound: 0.2134567, n: 2000, tight: true },
  { name: "McAllester", bound: NaN, n: 60_000, tight: false },
];

test("table() takes the columns of the first row, and writes numbers, words and truth values", () => {
  const { headers, numeric, cells } = table(rows);
  expect(headers).toEqual(["name", "bound", "n", "tight"]);
  expect(numeric).toEqual([false, true, true, false]);
  expect(cells).toEqual([
    ["Maurer", "0.213", "2000", "yes"],
    ["McAllester", "NaN", "60000", "no"],
  ]);
});

test("table() takes chosen columns in their order, with headers and formats", () => {
  const { headers, cells } = table(rows, { columns: { bound: { header: "bound, %", format: (x) => `${(Number(x) * 100).toFixed(1)}` }, name: {} } });
  expect(headers).toEqual(["bound, %", "name"]);
  expect(cells[0]).toEqual(["21.3", "Maurer"]);
  expect(table(rows, { columns: { bound: { format: 5 } } }).cells[0]).toEqual(["0.21346"]);
});

test("table() leaves a cell empty where a row has nothing", () => {
  const { cells, numeric } = table([{ a: 1, b: 2 }, { a: 3 }, { a: null, b: 4 }]);
  expect(cells).toEqual([
    ["1", "2"],
    ["3", ""],
    ["", "4"],
  ]);
  expect(numeric).toEqual([true, true]);
});

test("table() refuses no rows and columns that are in no row", () => {
  expect(() => table([], { caption: "Bounds" })).toThrow('Cannot show a table "Bounds": expected at least one row, got none');
  expect(() => table(rows, { columns: { bond: {} } })).toThrow('Cannot show a table: no row has a column "bond", only name, bound, n, tight');
});

test("keyFigures() keeps words and shortens numbers", () => {
  expect(keyFigures({ bound: 0.123456, engine: "native" }).figures).toEqual([
    { name: "bound", value: "0.123" },
    { name: "engine", value: "native" },
  ]);
  expect(() => keyFigures({})).toThrow("expected at least one, got none");
});

test("terminalTable() aligns columns by the width of letters on the screen, numbers to the right", async () => {
  const text = await terminalTable(
    table(
      [
        { r̂: 0.5, name: "ρ 中" },
        { r̂: 12.25, name: "π" },
      ],
      { caption: "Risks" },
    ),
  );
  expect(text.split("\n")).toEqual(["Risks", "    r̂  name", "─────  ────", "0.500  ρ 中", " 12.3  π"]);
});

test("terminalTable() colours only when asked", async () => {
  const escape = "\u001b[";
  expect(await terminalTable(table(rows))).not.toContain(escape);
  expect(await terminalTable(table(rows), { colour: true })).toContain(`${escape}1mname`);
});
