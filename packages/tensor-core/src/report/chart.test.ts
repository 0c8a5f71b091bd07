import ndarray from "ndarray";
import { expect, test } from "vitest";
import { barChart } from "./bar-chart.ts";
import { lineChart } from "./line-chart.ts";
import { png } from "./png.ts";
import { pointChart } from "./point-chart.ts";
import { rankChart } from "./rank-chart.ts";
import { svg } from "./svg.ts";
import { PALETTES } from "./theme.ts";
import { traceChart } from "./trace-chart.ts";

const rows = [1, 2, 3, 4].map((x) => ({ x, a: x ** 2, b: 10 - x, low: x ** 2 - 1, high: x ** 2 + 1 }));

/** The ends of the pieces of a line mark, as drawn. */
function pieces(picture: string): number {
  return [...picture.matchAll(/<path[^>]* d="(M[^"]+)" stroke="[^"]+" stroke-width="2.25"/g)].reduce((sum, [, d]) => sum + d!.split("M").length - 1, 0);
}

test("a chart fits the width it is given, wide and narrow", async () => {
  const draws = ndarray(
    Float32Array.from({ length: 40 }, (_, i) => (i * 7) % 13),
    [4, 10],
  );
  const charts = [
    lineChart(rows, { title: "Lines", x: "x", y: ["a", "b"], yAxis: { title: "a quantity" } }),
    lineChart(rows, { title: "Band", x: "x", y: "a", band: ["low", "high"] }),
    pointChart(rows, { title: "Points", x: "x", y: "a" }),
    barChart(
      rows.map((row) => ({ ...row, x: `a rather long name ${row.x}` })),
      { title: "Bars", category: "x", value: ["a", "b"] },
    ),
    traceChart(draws, { title: "Trace", quantity: "loss" }),
    rankChart(draws, { title: "Ranks", bins: 4 }),
  ];
  for (const chart of charts) {
    for (const width of [328, 400, 680]) {
      const drawn = Number(/ width="([\d.]+)"/.exec(await svg(chart, { width }))![1]);
      // Small multiples share out whole pixels, and an axis may change its labels for the sake of one.
      expect(drawn, `${chart.title} at ${width}`).toBeLessThanOrEqual(width);
      expect(drawn, `${chart.title} at ${width}`).toBeGreaterThanOrEqual(width - 8);
    }
  }
});

test("lineChart() draws one line a series, and breaks it where a number is not finite", async () => {
  expect(pieces(await svg(lineChart(rows, { title: "Two", x: "x", y: ["a", "b"] })))).toBe(2);
  const broken = [1, 2, NaN, 4, 5].map((y, x) => ({ x, y }));
  expect(pieces(await svg(lineChart(broken, { title: "Broken", x: "x", y: "y" })))).toBe(2);
});

test("lineChart() puts larger numbers higher", async () => {
  const picture = await svg(
    lineChart(
      [
        { x: 0, y: 1 },
        { x: 1, y: 3 },
      ],
      { title: "Up", x: "x", y: "y" },
    ),
  );
  const [, x0, y0, x1, y1] = /d="M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)" stroke="[^"]+" stroke-width="2.25"/.exec(picture)!.map(Number);
  expect(x1!).toBeGreaterThan(x0!);
  expect(y1!).toBeLessThan(y0!);
});

test("a level has its line and its label", async () => {
  const picture = await svg(lineChart(rows, { title: "Level", x: "x", y: "a", levels: { "test error": 7 } }));
  expect(picture).toContain(">test error</text>");
  expect(picture).toContain('stroke-dasharray="4,4"');
});

test("an axis of whole numbers has no fractions on it, a long log axis only powers of ten", async () => {
  const whole = await svg(lineChart(rows, { title: "Whole", x: "x", y: "a" }));
  expect(whole).toContain(">2</text>");
  expect(whole).not.toMatch(/>\d+\.\d+<\/text>/);
  const log = await svg(
    lineChart(
      [1, 30, 1000].map((x) => ({ x, y: x / 3 })),
      { title: "Log", x: "x", y: "y", xAxis: { scale: "log" }, yAxis: { domain: [0, 400] } },
    ),
  );
  expect([...log.matchAll(/>([\d,]+)<\/text>/g)].map(([, text]) => text).filter((text) => !/^[1-4]?00$|^0$/.test(text!) || text === "100")).toEqual([
    "1",
    "10",
    "100",
    "1,000",
    "100",
  ]);
});

test("the label of a level stands in the third where the lines leave most room", async () => {
  const place = async (ys: readonly number[]): Promise<string> => {
    const picture = await svg(
      lineChart(
        ys.map((y, x) => ({ x, y })),
        { title: "Level", x: "x", y: "y", levels: { level: 5 } },
      ),
    );
    return /text-anchor="(\w+)"[^>]*>level<\/text>/.exec(picture)?.[1] ?? "start";
  };
  expect(await place([0, 0, 0, 4, 4, 4, 5, 6, 6])).toBe("start");
  expect(await place([6, 5, 4, 0, 0, 0, 4, 5, 6])).toBe("middle");
  expect(await place([6, 5, 4, 4, 4, 4, 0, 0, 0])).toBe("end");
  expect(await place([1, 1, 1])).toBe("end");
});

test("field names may hold any character", async () => {
  const odd = [
    { "a.b[0]": 1, "'q'": 2 },
    { "a.b[0]": 2, "'q'": 3 },
  ];
  expect(pieces(await svg(lineChart(odd, { title: "Odd", x: "a.b[0]", y: "'q'" })))).toBe(1);
});

test("charts refuse no rows, unknown fields and numbers that a log axis has no place for", () => {
  expect(() => lineChart([], { title: "t", x: "x", y: "y" })).toThrow("Cannot draw a line chart: expected at least one row, got none");
  expect(() => pointChart(rows, { title: "t", x: "x", y: "c" })).toThrow('Cannot draw a point chart: no row has a field "c", only x, a, b, low, high');
  expect(() => barChart(rows, { title: "t", category: "x", value: "a", series: "s" })).toThrow('no row has a field "s"');
  expect(() => lineChart([{ x: 0, y: 1 }], { title: "t", x: "x", y: "y", xAxis: { scale: "log" } })).toThrow(
    "Cannot draw a line chart: a log axis needs numbers above 0, got 0 in x",
  );
});

test("a chart says in words what it shows", () => {
  expect(lineChart(rows, { title: "Growth", x: "x", y: ["a", "b"], yAxis: { title: "size" } }).alt).toBe("Growth. size against x for a, b: from 1 to 16");
  expect(lineChart(rows, { title: "Growth", x: "x", y: "a", alt: "It grows" }).alt).toBe("It grows");
});

test("traceChart() keeps the order of draws and thins long chains evenly", () => {
  const { rows: thinned } = traceChart(
    ndarray(
      Float32Array.from({ length: 2000 }, (_, i) => i),
      [2, 1000],
    ),
    { title: "t", quantity: "loss" },
  );
  expect(thinned.length).toBe(2 * 334);
  expect(thinned[1]).toEqual({ draw: 3, loss: 3, chain: "chain 1" });
  expect(thinned[335]).toEqual({ draw: 3, loss: 1003, chain: "chain 2" });
  expect(() => traceChart(ndarray(new Float32Array(8), [2, 2, 2]), { title: "t", quantity: "loss" })).toThrow(
    "Cannot draw a trace chart: expected draws of shape [chain, draw] or [draw], got [2, 2, 2]",
  );
});

test("rankChart() counts each chain's pooled ranks", () => {
  const counts = (values: readonly number[], bins: number) =>
    rankChart(ndarray(Float32Array.from(values), [2, values.length / 2]), { title: "t", bins }).rows.map(({ draws }) => draws);
  expect(counts([1, 2, 3, 4, 5, 6, 7, 8], 2)).toEqual([4, 0, 0, 4]);
  expect(counts([1, 3, 5, 7, 2, 4, 6, 8], 4)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  // Equal draws share the middle rank of theirs.
  expect(counts([5, 5, 5, 5], 2)).toEqual([0, 2, 0, 2]);
  expect(() => rankChart(ndarray(new Float32Array(4), [2, 2]), { title: "t", bins: 0 })).toThrow("bins must be a whole number ≥ 1, got 0");
});

test("png() is a picture of the width and scale asked for, in the theme's colours", async () => {
  const chart = lineChart(rows, { title: "Lines", x: "x", y: "a" });
  const [light, dark] = await Promise.all([png(chart, { width: 390, scale: 2 }), png(chart, { width: 390, scale: 2, theme: "dark" })]);
  const view = new DataView(light.buffer, light.byteOffset);
  expect([...light.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  expect(view.getUint32(16)).toBe(2 * (390 + 32));
  expect(dark).not.toEqual(light);
});

test("the series of each palette can be told from the paper: contrast of at least 3 : 1 [WCAG 2.2, 1.4.11]", () => {
  const luminance = (hex: string): number =>
    [1, 3, 5]
      .map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i]!, 0);
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
    return (high! + 0.05) / (low! + 0.05);
  };
  for (const { series, paper, ink, muted } of [PALETTES.light, PALETTES.dark]) {
    for (const colour of series) expect(contrast(colour, paper)).toBeGreaterThanOrEqual(3);
    for (const colour of [ink, muted]) expect(contrast(colour, paper)).toBeGreaterThanOrEqual(4.5);
  }
});
