import ndarray from "ndarray";
import { parse, type DefaultTreeAdapterTypes, type ParserError } from "parse5";
import { beforeAll, expect, test } from "vitest";
import { barChart } from "./bar-chart.ts";
import { html } from "./html.ts";
import { keyFigures } from "./key-figures.ts";
import { lineChart } from "./line-chart.ts";
import { pointChart } from "./point-chart.ts";
import { rankChart } from "./rank-chart.ts";
import { remark } from "./remark.ts";
import { table } from "./table.ts";
import { traceChart } from "./trace-chart.ts";

type Element = DefaultTreeAdapterTypes.Element;

function elements(node: DefaultTreeAdapterTypes.Node): Element[] {
  const below = "childNodes" in node ? node.childNodes.flatMap(elements) : [];
  return "tagName" in node ? [node, ...below] : below;
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((a) => a.name === name)?.value;
}

const rows = [1, 10, 100].map((x) => ({ "a.b": x, y: 1 / x, z: x <= 10 ? 0.5 : NaN, low: 0.5 / x, high: 2 / x, group: x > 1 ? "<b>" : "& co" }));
const draws = ndarray(
  Float32Array.from({ length: 80 }, (_, i) => (i * 37) % 81),
  [4, 20],
);
let page: string;
const errors: ParserError[] = [];
let all: Element[];

beforeAll(async () => {
  page = await html({
    title: "A <script>alert(1)</script> & a title",
    summary: "A <img src=x onerror=alert(1)> [link](https://example.org) ![picture](https://example.org/p.png) [bad](javascript:alert(1))",
    facts: { "<i>": "<u>" },
    imports: 'import { a } from "a";',
    sections: [
      {
        markdown: "## One\n\n- a list\n\n| a | b |\n|---|--:|\n| 1 | 2 |",
        source: "const a = `<b>${1}</b>`; // </code></pre>",
        exhibits: [table(rows, { caption: "<caption>" }), keyFigures({ "a<b": 1 })],
      },
      {
        markdown: "## Two",
        exhibits: [
          lineChart(rows, { title: "Line <1>", x: "a.b", y: ["y", "z"], xAxis: { scale: "log" }, levels: { "a level": 0.4 } }),
          lineChart(rows, { title: "Band", x: "a.b", y: "y", band: ["low", "high"] }),
        ],
      },
      {
        markdown: "## Three",
        exhibits: [
          pointChart(rows, { title: "Points", x: "a.b", y: "y", series: "group", diagonal: true }),
          barChart(rows, { title: "Bars", category: "group", value: "y" }),
        ],
      },
      {
        markdown: "## Four",
        exhibits: [traceChart(draws, { title: "Trace", quantity: "loss" }), rankChart(draws, { title: "Ranks", bins: 5 }), remark("**done**")],
      },
    ],
  });
  all = elements(parse(page, { sourceCodeLocationInfo: true, onParseError: (error) => errors.push(error) }));
}, 60_000);

test("the page of html() parses without an error", () => {
  expect(errors).toEqual([]);
  expect(all.find(({ tagName }) => tagName === "html")?.attrs).toEqual([{ name: "lang", value: "en" }]);
});

test("the page of html() runs no script and loads nothing from elsewhere", () => {
  expect(all.filter(({ tagName }) => ["script", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "form"].includes(tagName))).toEqual([]);
  const links = all.filter(({ tagName }) => tagName === "link").map((link) => attribute(link, "href"));
  expect(links).toEqual(["data:,"]);
  const loads = all.flatMap(({ tagName, attrs }) =>
    attrs.filter(
      ({ name, value }) =>
        name.startsWith("on") ||
        name === "src" ||
        name === "srcset" ||
        (/^(xlink:)?href$/.test(name) && tagName !== "a" && tagName !== "link") ||
        /url\((?!#)/.test(value),
    ),
  );
  expect(loads).toEqual([]);
  expect(page).not.toMatch(/@import|@font-face|url\((?!#)/);
  expect(all.filter(({ tagName }) => tagName === "a").map((a) => attribute(a, "href"))).toEqual([
    "https://example.org",
    "https://example.org/p.png",
    "#part-1",
    "#part-2",
    "#part-3",
    "#part-4",
  ]);
});

test("every chart of html() has two sizes, each with what it says in words", () => {
  const pictures = all.filter(({ tagName }) => tagName === "svg");
  expect(pictures.map((svg) => attribute(svg, "class"))).toEqual(Array.from({ length: 12 }, (_, i) => (i % 2 ? "narrow" : "wide")));
  for (const svg of pictures) {
    expect(attribute(svg, "role")).toBe("img");
    expect(attribute(svg, "viewbox") ?? attribute(svg, "viewBox")).toMatch(/^0 0 (720|328|7[12]\d|32\d) \d+$/);
    const title = elements(svg).find(({ tagName }) => tagName === "title")!;
    expect(attribute(title, "id")).toBe(attribute(svg, "aria-labelledby"));
    expect(title.childNodes.length).toBe(1);
  }
  expect(page).toContain("Line &lt;1&gt;. values against a.b for y, z: from 0.01 to 1");
});

test("names inside the page of html() are given once, and references meet one", () => {
  const ids = all.flatMap((element) => attribute(element, "id") ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  const references = [...page.matchAll(/url\(#([^)]+)\)|href="#([^"]+)"|aria-labelledby="([^"]+)"/g)].map((m) => m[1] ?? m[2] ?? m[3]);
  expect(references.length).toBeGreaterThan(12);
  for (const reference of references) expect(ids).toContain(reference);
});

test("the colours of every picture follow the page from light to dark", () => {
  const colours = all
    .filter(({ tagName }) => tagName === "svg")
    .flatMap((svg) => elements(svg).flatMap((e) => e.attrs.filter(({ name }) => name === "fill" || name === "stroke").map(({ value }) => value)));
  expect(colours.length).toBeGreaterThan(100);
  expect(colours.filter((colour) => !/^(var\(--[a-z0-9-]+\)|none|transparent)$/.test(colour))).toEqual([]);
  const defined = new Set([...page.matchAll(/(--[a-z0-9-]+):/g)].map(([, name]) => name));
  for (const [, name] of page.matchAll(/var\((--[a-z0-9-]+)\)/g)) expect(defined).toContain(name);
});

test("tables of html() have headers that say what they head, and scroll by themselves", () => {
  const tables = all.filter(({ tagName }) => tagName === "table");
  expect(tables.length).toBeGreaterThanOrEqual(4);
  for (const t of tables) {
    expect(
      elements(t)
        .filter(({ tagName }) => tagName === "th")
        .every((th) => attribute(th, "scope") === "col"),
    ).toBe(true);
    expect(attribute(t.parentNode as Element, "class")).toBe("scroll");
  }
});

test("html() shows text as text", () => {
  expect(page).toContain("<title>A &lt;script&gt;alert(1)&lt;/script&gt; &amp; a title</title>");
  expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(page).toContain("<li>&lt;i&gt; <b>&lt;u&gt;</b></li>");
  expect(page).toContain("&lt;caption&gt;");
  expect(page).not.toContain("javascript:");
});

test("html() refuses an empty report", async () => {
  await expect(html({ title: "Nothing", sections: [] })).rejects.toThrow("Cannot write a report: expected at least one section, got none");
});
