import type { Chart } from "./chart.ts";
import { code } from "./code.ts";
import type { Exhibit } from "./exhibit.ts";
import { escaped, prose } from "./prose.ts";
import { STYLE } from "./style.ts";
import { svg } from "./svg.ts";
import { table, type Table } from "./table.ts";

/** A part of a report: prose, the code under it, what the code showed. */
export type Section = { readonly markdown: string; readonly source?: string; readonly exhibits: readonly Exhibit[] };

export type Page = {
  readonly title: string;
  /** Markdown under the title. */
  readonly summary?: string;
  /** How it was run, by name. */
  readonly facts?: { readonly [name: string]: string };
  /** What the code imports. */
  readonly imports?: string;
  readonly sections: readonly Section[];
};

const WIDE = 720;
const NARROW = 328;
/** Longer data stay in the picture. */
const MOST_ROWS = 60;

/**
 * One HTML file that needs no other and no script: it opens offline, on phones and in dark mode.
 *
 * @throws RangeError if there is no section
 * @example
 * ```ts
 * import { html } from "@lab/tensor-core/report";
 * (await html({ title: "A first report", sections: [{ markdown: "## Result", exhibits: [] }] })).startsWith("<!doctype html>"); // => true
 * ```
 */
export async function html({ title, summary, facts = {}, imports, sections }: Page): Promise<string> {
  if (sections.length === 0) throw new RangeError("Cannot write a report: expected at least one section, got none");
  let figure = 0;
  const bodies: string[] = [];
  for (const [i, { markdown, source, exhibits }] of sections.entries()) {
    const shown: string[] = [];
    for (const exhibit of exhibits) shown.push(await exhibited(exhibit, exhibit.kind === "chart" ? ++figure : figure));
    bodies.push(`<section id="part-${i + 1}">\n${await prose(markdown)}${source === undefined ? "" : await code(source)}\n${shown.join("\n")}\n</section>`);
  }
  const headings = sections.map(({ markdown }, i) => ({ id: `part-${i + 1}`, text: heading(markdown) })).filter((h) => h.text !== undefined);
  const contents =
    headings.length < 3
      ? ""
      : `<nav aria-label="Contents"><ol>${headings.map(({ id, text }) => `<li><a href="#${id}">${escaped(text!)}</a></li>`).join("")}</ol></nav>`;
  const run = Object.entries(facts).map(([name, value]) => `<li>${escaped(name)} <b>${escaped(value)}</b></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${unbroken(title)}</h1>
${summary === undefined ? "" : `<div class="lead">${await prose(summary)}</div>`}
${run.length === 0 ? "" : `<ul class="facts">${run.join("")}</ul>`}
${contents}
</header>
<main>
${imports === undefined ? "" : `<section class="imports">\n<details><summary>Imports</summary>${await code(imports)}</details>\n</section>\n`}${bodies.join("\n")}
</main>
<footer><p>Prose, code and results in the order they ran.</p></footer>
</body>
</html>
`;
}

/** A title whose hyphenated words stay on one line. */
function unbroken(title: string): string {
  return title
    .split(/(\s+)/)
    .map((word) => (/\w-\w/.test(word) && word.length <= 18 ? `<span class="whole">${escaped(word)}</span>` : escaped(word)))
    .join("");
}

/** The text of the first heading, without its marks. */
export function heading(markdown: string): string | undefined {
  return /^#{1,6} +(.+?) *#*$/m
    .exec(markdown)?.[1]
    ?.replace(/[*_`]/g, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
}

async function exhibited(exhibit: Exhibit, figure: number): Promise<string> {
  switch (exhibit.kind) {
    case "table":
      return tabled(exhibit);
    case "chart":
      return drawn(exhibit, figure);
    case "key figures":
      return `<dl class="figures">${exhibit.figures.map(({ name, value }) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join("")}</dl>`;
    case "remark":
      return prose(exhibit.markdown, { headings: 3 });
  }
}

function tabled({ caption, headers, numeric, cells }: Table): string {
  const side = (i: number): string => (numeric[i] === true ? ' class="number"' : "");
  const head = headers.map((header, i) => `<th scope="col"${side(i)}>${escaped(header)}</th>`).join("");
  const rows = cells.map((row) => `<tr>${row.map((cell, i) => `<td${side(i)}>${escaped(cell)}</td>`).join("")}</tr>`).join("\n");
  return `<div class="scroll" tabindex="0"><table>${caption === undefined ? "" : `<caption>${escaped(caption)}</caption>`}<thead><tr>${head}</tr></thead><tbody>\n${rows}\n</tbody></table></div>`;
}

async function drawn(chart: Chart, figure: number): Promise<string> {
  const pictures = await Promise.all(
    (
      [
        ["wide", WIDE],
        ["narrow", NARROW],
      ] as const
    ).map(async ([name, width]) => {
      const id = `figure-${figure}-${name}`;
      const picture = scoped(await svg(chart, { width, theme: "css" }), id);
      return picture.replace(
        /<svg [^>]*>/,
        (tag) =>
          `<svg class="${name}" role="img" aria-labelledby="${id}" viewBox="${/viewBox="([^"]*)"/.exec(tag)?.[1]}"><title id="${id}">${escaped(chart.alt)}</title>`,
      );
    }),
  );
  const data = chart.rows.length > MOST_ROWS ? "" : `<details><summary>Numbers</summary>${tabled(table(chart.rows))}</details>`;
  return `<figure>\n<figcaption>${escaped(chart.title)}</figcaption>\n${pictures.join("\n")}\n${data}</figure>`;
}

/** The names inside a picture (clips, gradients) are its own: a page holds several. */
function scoped(picture: string, id: string): string {
  return picture.replace(/\b(id="|url\(#|href="#)/g, `$1${id}-`);
}
