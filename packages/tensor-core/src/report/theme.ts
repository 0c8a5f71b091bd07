import type { Config } from "vega-lite";

/** The colours of a chart. */
export type Palette = {
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  readonly grid: string;
  readonly paper: string;
  readonly series: readonly string[];
};

export type Theme = "light" | "dark" | "css";

const LIGHT: Palette = {
  ink: "#1c2330",
  muted: "#5d6777",
  rule: "#aeb6c2",
  grid: "#e6e9ee",
  paper: "#ffffff",
  series: ["#2459c4", "#d4571e", "#14866d", "#9b3fa5", "#a67a00", "#5a6b80", "#c2315f", "#3d8fc4"],
};

const DARK: Palette = {
  ink: "#e8ebf1",
  muted: "#a0aaba",
  rule: "#566174",
  grid: "#2a3240",
  paper: "#12161e",
  series: ["#7aa5ff", "#ff9a62", "#4fd0ae", "#d794e2", "#e0b84a", "#a3b3c9", "#ff8bab", "#84cdf7"],
};

/** Variables of a page in place of colours, so that one picture follows the page from light to dark. */
const CSS: Palette = {
  ink: "var(--ink)",
  muted: "var(--muted)",
  rule: "var(--rule)",
  grid: "var(--grid)",
  paper: "var(--paper)",
  series: LIGHT.series.map((_, i) => `var(--series-${i + 1})`),
};

/** The palette of each theme; the eight series colours keep a contrast of at least 3 : 1 with the paper. */
export const PALETTES: { readonly [T in Theme]: Palette } = { light: LIGHT, dark: DARK, css: CSS };

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

/** How charts look: horizontal grid lines, quiet axes, the title of the y axis upright above it, the legend on top. */
export function theme(palette: Palette): Config {
  const { ink, muted, rule, grid, paper, series } = palette;
  return {
    font: FONT,
    background: "transparent",
    aria: false,
    padding: { left: 2, right: 8, top: 4, bottom: 2 },
    view: { stroke: null, continuousWidth: 400, continuousHeight: 260 },
    range: { category: [...series], ramp: { scheme: "viridis" }, heatmap: { scheme: "viridis" } },
    axis: {
      labelColor: muted,
      labelFontSize: 12,
      labelPadding: 6,
      titleColor: muted,
      titleFontSize: 12,
      titleFontWeight: 500,
      gridColor: grid,
      tickColor: rule,
      domainColor: rule,
      tickSize: 5,
    },
    axisX: { grid: false, titlePadding: 8, tickCount: { expr: "max(3, floor(width / 70))" }, labelFlush: false },
    axisY: {
      domain: false,
      ticks: false,
      tickCount: 5,
      titleAngle: 0,
      titleAlign: "left",
      titleAnchor: "end",
      titleBaseline: "bottom",
      titleX: 0,
      titleY: -10,
    },
    legend: {
      orient: "top",
      title: null,
      labelColor: ink,
      labelFontSize: 12,
      symbolStrokeWidth: 2.5,
      symbolSize: 110,
      columnPadding: 16,
      padding: 0,
      offset: 12,
      labelLimit: 260,
      rowPadding: 4,
    },
    header: { labelColor: ink, labelFontSize: 12, labelFontWeight: 600, title: null },
    title: { color: ink, fontSize: 15, fontWeight: 600, anchor: "start", offset: 14 },
    mark: { color: series[0]! },
    line: { strokeWidth: 2.25, strokeJoin: "round", strokeCap: "round" },
    point: { size: 50, filled: true, opacity: 1 },
    bar: { cornerRadiusEnd: 2 },
    rule: { color: muted, strokeDash: [4, 4] },
    text: { color: muted, fontSize: 12 },
    style: { halo: { stroke: paper, strokeWidth: 5, strokeJoin: "round" } },
  };
}
