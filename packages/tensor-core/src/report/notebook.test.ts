import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keyFigures } from "./key-figures.ts";
import { lineChart } from "./line-chart.ts";
import { notebook } from "./notebook.ts";
import { remark } from "./remark.ts";
import { table } from "./table.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "notebook-"));
});
afterAll(() => rm(root, { recursive: true }));

const plain = (html: string): string =>
  html
    .replace(/<[^>]+>/g, "")
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&");

test("notebook() shows prose, code and results in order, on the page and on the terminal", async () => {
  let printed = "";
  const book = await notebook(import.meta.url, {
    title: "Doubling",
    summary: "Twice **two**",
    out: join(root, "a"),
    stream: { write: (text) => (printed += text) },
  });
  const two = await book.cell("## First\n\nTakes two.", () => {
    const two: number = 2; // a comment that stays
    return two;
  });
  await book.cell("## Second\n\nDoubles it.", async (show) => {
    const rows = [1, 2].map((step) => ({ step, value: two ** step }));
    await show(table(rows), keyFigures({ "four is": two ** 2 }));
    return [lineChart(rows, { title: "Growth & more", x: "step", y: "value" }), remark("It *grew*.")];
  });
  const { report, figures } = await book.write({ facts: { engine: "cpu", seed: 3 } });
  const page = await readFile(report, "utf8");
  const order = [
    "<h1>Doubling</h1>",
    "Twice <strong>two</strong>",
    "engine <b>cpu</b>",
    "Takes two.",
    "a comment that stays",
    "Doubles it.",
    "<td",
    "<dt>four is",
    "<figcaption>Growth &amp; more</figcaption>",
    "It <em>grew</em>.",
  ].map((text) => page.indexOf(text));
  expect(order.every((at) => at > 0)).toBe(true);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(plain(page)).toContain("const two: number = 2; // a comment that stays\nreturn two;");
  expect(plain(page)).toContain('import { lineChart } from "./line-chart.ts";');
  expect(figures).toEqual([join(root, "a", "figures", "01-growth-more.png")]);
  expect((await stat(figures[0]!)).size).toBeGreaterThan(5000);
  expect(printed).toMatch(
    /^\nFirst\n\nSecond\nstep {2}value\n[─ ]+\n {3}1 {6}2\n {3}2 {6}4\nfour is 4\nGrowth & more: figures.01-growth-more\.png\nIt grew\.\n\nReport: .*report\.html\n$/,
  );
});

test("cell() gives back what its body returns, typed", async () => {
  const book = await notebook(import.meta.url, { title: "Types", out: join(root, "b"), quiet: true });
  const { n } = await book.cell("one", async () => ({ n: 20 + 1 }));
  const doubled: number = n * 2;
  expect(doubled).toBe(42);
});

test("cell() shows the code of each call, whatever the order they run in", async () => {
  const book = await notebook(import.meta.url, { title: "Order", out: join(root, "c"), quiet: true });
  const later = (): Promise<string> => book.cell("## Later", () => "written first");
  await book.cell("## Sooner", () => "written second");
  await later();
  await later();
  const page = plain(await readFile((await book.write()).report, "utf8"));
  expect([...page.matchAll(/(?:Sooner|Later)\n+"written (\w+)"/g)].map(([, word]) => word)).toEqual(["second", "first", "first"]);
});

test("a cell that throws stops the script with its own error", async () => {
  const book = await notebook(import.meta.url, { title: "Error", out: join(root, "d"), quiet: true });
  await expect(
    book.cell("one", () => {
      throw new RangeError("Cannot divide");
    }),
  ).rejects.toThrow(new RangeError("Cannot divide"));
  await expect(book.cell("## Bad", (show) => show(5 as never))).rejects.toThrow(
    'Cannot show a value in "Bad": expected a table, a chart, key figures or a remark, got number',
  );
});

test("notebook() refuses a folder that cannot be written before any cell runs", async () => {
  await writeFile(join(root, "file"), "");
  await expect(notebook(import.meta.url, { title: "Nowhere", out: join(root, "file", "out") })).rejects.toThrow(
    /^Cannot write results to the folder .*file.out: ENOTDIR/,
  );
});

test("a notebook run by tsx shows the TypeScript of its cells", async () => {
  const script = join(root, "script.mts");
  await writeFile(
    script,
    `import { notebook } from ${JSON.stringify(new URL("./notebook.ts", import.meta.url).href)};

interface Point { readonly x: number }

const book = await notebook(import.meta.url, { title: "Script", out: ${JSON.stringify(join(root, "e"))}, quiet: true });
for (const unused of [0]) void unused;
const skipped = () => book.cell("## Never run", () => "never");
void skipped;
const p = await book.cell(\`## Point

as **typed**\`, async (): Promise<Point> => {
  // Comments and types stay.
  const point = { x: 1 } satisfies Point;

  if (point.x > 0) {
    return point;
  }
  return { x: 0 };
});
console.log(p.x, (await book.write()).report);
`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", import.meta.resolve("tsx"), script]);
  expect(stdout).toBe(`1 ${join(root, "e", "report.html")}\n`);
  const page = plain(await readFile(join(root, "e", "report.html"), "utf8"));
  expect(page).toContain("// Comments and types stay.\nconst point = { x: 1 } satisfies Point;\n\nif (point.x > 0) {\n  return point;\n}\nreturn { x: 0 };\n");
  expect(page).not.toContain("never");
}, 60_000);
