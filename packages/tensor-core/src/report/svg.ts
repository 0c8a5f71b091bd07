import type { Chart } from "./chart.ts";
import { PALETTES, theme, type Theme } from "./theme.ts";

/**
 * A chart as an SVG picture, drawn without a browser.
 *
 * @param width of the whole picture, pixels
 * @param titled whether the title stands in the picture
 * @example
 * ```ts
 * import { lineChart, svg } from "@lab/tensor-core/report";
 * const chart = lineChart([{ step: 1, loss: 2 }, { step: 2, loss: 1 }], { title: "Loss", x: "step", y: "loss" });
 * (await svg(chart, { width: 400 })).startsWith("<svg"); // => true
 * ```
 */
export async function svg(
  chart: Chart,
  { width = 680, theme: name = "light", titled = false }: { readonly width?: number; readonly theme?: Theme; readonly titled?: boolean } = {},
): Promise<string> {
  const [{ compile }, vega] = await Promise.all([import("vega-lite"), import("vega")]);
  const { Error: ERROR, logger, parse, View } = vega;
  (vega as unknown as { textMetrics: { width: typeof textWidth } }).textMetrics.width = textWidth;
  const quiet = logger(ERROR);
  const drawing = async (plot: number): Promise<{ readonly picture: string; readonly width: number }> => {
    const spec = { autosize: { type: "pad" as const }, ...chart.spec(Math.round(plot)), ...(titled && { title: chart.title }) };
    const view = new View(parse(compile(spec, { config: theme(PALETTES[name]), logger: quiet }).spec), { renderer: "none", logger: quiet });
    try {
      const picture = await view.toSVG();
      return { picture, width: Number(/ width="([\d.]+)"/.exec(picture)?.[1]) };
    } finally {
      view.finalize();
    }
  };
  // What the axes take is known only once drawn, and may change with the ticks: give the plot the rest, and keep what fits best.
  let plot = width - 60;
  let best = await drawing(plot);
  const off = ({ width: drawn }: { readonly width: number }): number => (drawn <= width ? width - drawn : 1000 + drawn);
  let last = best;
  for (let tries = 0; tries < 4 && last.width !== width; tries++) {
    plot += width - last.width;
    last = await drawing(plot);
    if (off(last) < off(best)) best = last;
  }
  return best.picture;
}

const WIDE = /[mwMW@%—]/;
const NARROW = /[ijlIft.,:;'|!()[\] ·-]/;

/** The width of a line of text as a sans-serif would set it, pixels: there is no font to ask. */
function textWidth(item: { readonly fontSize?: number; readonly limit?: number }, text: unknown): number {
  let ems = 0;
  for (const letter of String(text ?? "")) ems += NARROW.test(letter) ? 0.31 : WIDE.test(letter) ? 0.86 : /[A-Z]/.test(letter) ? 0.67 : 0.56;
  return Math.min(ems * (item.fontSize ?? 11), item.limit || Infinity);
}
