import type { Chart } from "./chart.ts";
import { duration } from "./duration.ts";
import { isExhibit, type Exhibit } from "./exhibit.ts";
import { heading, html, type Section } from "./html.ts";
import { callSite, scriptSource, type CellSource, type ScriptSource } from "./script-source.ts";
import { terminalTable } from "./terminal-table.ts";
import { writableFolder } from "./writable-folder.ts";
import { writeAtomically } from "./atomic-file.ts";

/** Shows exhibits below the code of a cell, and on the terminal at once. */
export type Show = (...exhibits: readonly Exhibit[]) => Promise<void>;

/** Where the results go as they come: a Node stream, or anything with its `write`. */
export type OutputStream = { readonly isTTY?: boolean; write(text: string): unknown };

export type NotebookOptions = {
  readonly title: string;
  /** Markdown under the title. */
  readonly summary?: string;
  /** The folder of the report and its figures. */
  readonly out: string;
  /** Nothing on the terminal. */
  readonly quiet?: boolean;
  readonly stream?: OutputStream;
};

/** What was written: the report and its pictures, as paths. */
export type Written = { readonly report: string; readonly figures: readonly string[] };

export interface Notebook {
  /**
   * Runs `body` as the next cell. The report shows the prose, the body's own source, then its exhibits: those given to `show`, and an exhibit or an array
   * of exhibits that it returns. The value comes back, so that later cells can use it.
   */
  cell<T>(markdown: string, body: (show: Show) => T | Promise<T>): Promise<T>;
  /** Writes `report.html`; `facts` say how it was run, such as the engine and the seed. */
  write(options?: { readonly facts?: { readonly [name: string]: string | number } }): Promise<Written>;
}

/**
 * A script that explains itself: cells of prose, code and result, in the order they ran, as one HTML file and as text on the terminal.
 *
 * Each chart is also written as a picture under `figures`.
 *
 * @param url the script's `import.meta.url`: the code in the report is read from there
 * @throws Error if the folder cannot be written, before any cell runs, or if the script cannot be read
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { notebook, table } from "@lab/tensor-core/report";
 * const book = await notebook(import.meta.url, { title: "Squares", out: join(tmpdir(), "squares"), quiet: true });
 * const squares = await book.cell("## Squares\n\nof small numbers", async (show) => {
 *   const rows = [1, 2, 3].map((n) => ({ n, square: n ** 2 }));
 *   await show(table(rows));
 *   return rows;
 * });
 * await book.write();
 * squares.map(({ square }) => square); // => [ 1, 4, 9 ]
 * ```
 */
export async function notebook(url: string, { title, summary, out, quiet = false, stream = process.stdout }: NotebookOptions): Promise<Notebook> {
  const began = performance.now();
  const folder = await writableFolder(out);
  const [{ readFile }, { fileURLToPath }, { join, relative }] = await Promise.all([import("node:fs/promises"), import("node:url"), import("node:path")]);
  const file = { url, path: fileURLToPath(url) };
  const script: ScriptSource = await scriptSource(await readFile(file.path, "utf8"));
  const sections: Section[] = [];
  const figures: string[] = [];
  const ran = new Set<CellSource>();

  function sourceAt(stack: string): string | undefined {
    const site = callSite(stack, file);
    const onLine = script.cells.filter(({ line }) => line === site?.line);
    const near = onLine.toSorted((a, b) => Math.abs(a.column - site!.column) - Math.abs(b.column - site!.column))[0];
    // Without a place, as when a script runs without source maps: the next one in the file.
    const cell = near ?? script.cells.find((candidate) => !ran.has(candidate));
    if (cell !== undefined) ran.add(cell);
    return cell?.source;
  }

  function print(text: string): void {
    if (!quiet) stream.write(`${text}\n`);
  }

  async function picture(shown: Chart): Promise<void> {
    const { png } = await import("./png.ts");
    const name = `${String(figures.length + 1).padStart(2, "0")}-${
      shown.title
        .toLowerCase()
        .normalize("NFKD")
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "")
        .slice(0, 60) || "figure"
    }.png`;
    const path = join(folder, "figures", name);
    figures.push(path);
    await writeAtomically(path, await png(shown));
    print(`${shown.title}: ${relative(folder, path)}`);
  }

  async function printed(exhibit: Exhibit): Promise<void> {
    if (exhibit.kind === "chart") return picture(exhibit);
    if (quiet) return;
    if (exhibit.kind === "table") print(await terminalTable(exhibit, { colour: stream.isTTY === true }));
    else if (exhibit.kind === "key figures") print(exhibit.figures.map(({ name, value }) => `${name} ${value}`).join(" · "));
    else print(exhibit.markdown.replace(/[*`]/g, ""));
  }

  return {
    async cell<T>(markdown: string, body: (show: Show) => T | Promise<T>): Promise<T> {
      const source = sourceAt(new Error("where is this cell?").stack ?? "");
      const exhibits: Exhibit[] = [];
      const name = heading(markdown);
      if (name !== undefined) print(`\n${stream.isTTY === true ? `\u001b[1m${name}\u001b[22m` : name}`);
      const show: Show = async (...more) => {
        for (const exhibit of more) {
          if (!isExhibit(exhibit))
            throw new TypeError(
              `Cannot show a value in "${name ?? title}": expected a table, a chart, key figures or a remark, got ${exhibit === null ? "null" : typeof exhibit}`,
            );
          exhibits.push(exhibit);
          await printed(exhibit);
        }
      };
      sections.push({ markdown, exhibits, ...(source !== undefined && { source }) });
      const value = await body(show);
      if (isExhibit(value)) await show(value);
      else if (Array.isArray(value) && value.length > 0 && value.every(isExhibit)) await show(...value);
      return value;
    },
    async write({ facts = {} } = {}): Promise<Written> {
      const report = join(folder, "report.html");
      const told = {
        ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)])),
        took: duration((performance.now() - began) / 1000),
        on: new Date().toISOString().slice(0, 10),
      };
      await writeAtomically(
        report,
        await html({ title, sections, facts: told, ...(summary !== undefined && { summary }), ...(script.imports !== "" && { imports: script.imports }) }),
      );
      print(`\nReport: ${report}`);
      return { report, figures: [...figures] };
    },
  };
}
