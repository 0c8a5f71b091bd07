import { expect, test } from "vitest";
import { callSite, scriptSource } from "./script-source.ts";

test("scriptSource() finds the body of each cell, dedented, with comments and blank lines", async () => {
  const { imports, cells } = await scriptSource(`import a from "a";
import { type B } from "b";
const x = 1;
  await book.cell("## A", async (show) => {
    // why

    const y: number = x;
      deeper();
  });
await book.cell("## B", () => x + 1);
await book.cell(
  "## C",
  () => ({
    x,
  }),
);
`);
  expect(imports).toBe('import a from "a";\nimport { type B } from "b";');
  expect(cells.map(({ source }) => source)).toEqual(["// why\n\nconst y: number = x;\n  deeper();", "x + 1", "{\n  x,\n}"]);
  expect(cells.map(({ line }) => line)).toEqual([4, 10, 11]);
});

test("scriptSource() keeps text in templates that is indented less than the code", async () => {
  const { cells } = await scriptSource("await book.cell('a', () => {\n    const t = `\nflush\n  two`;\n    return t;\n});");
  expect(cells[0]!.source).toBe("const t = `\nflush\ntwo`;\nreturn t;");
});

test("scriptSource() is not misled by other calls, `using` and nested cells", async () => {
  const { cells } = await scriptSource(`table.cell(3); cell("x", () => 1); b.cell("only prose");
await b.cell("outer", async () => { using s = own(); await b.cell("inner", () => 2); });`);
  expect(cells.map(({ source }) => source)).toEqual(['using s = own(); await b.cell("inner", () => 2);', "2"]);
});

test("scriptSource() refuses what is not TypeScript", async () => {
  await expect(scriptSource("const = 3")).rejects.toThrow(SyntaxError);
});

test("callSite() reads paths, URLs and frames with and without names", () => {
  const file = { url: "file:///a/b.ts", path: "/a/b.ts" };
  expect(callSite("Error: x\n    at cell (/lib/notebook.ts:1:2)\n    at main (file:///a/b.ts:7:12)", file)).toEqual({ line: 7, column: 11 });
  expect(callSite("Error: x\n    at async /a/b.ts:70:1", file)).toEqual({ line: 70, column: 0 });
  expect(callSite("Error: x\n    at /a/b.ts:3:4\n    at /a/b.ts:9:9", file)).toEqual({ line: 3, column: 3 });
  expect(callSite("Error: x\n    at /other.ts:3:4", file)).toBeUndefined();
});
