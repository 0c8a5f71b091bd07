import type { Chart } from "./chart.ts";
import { svg } from "./svg.ts";
import { PALETTES } from "./theme.ts";

/**
 * A chart as a PNG picture with its title, set in Inter so that it looks the same on every machine.
 *
 * @param width of the picture at scale 1, pixels
 * @param scale pixels of the file per pixel of the picture
 * @example
 * ```ts
 * import { lineChart, png } from "@lab/tensor-core/report";
 * const chart = lineChart([{ step: 1, loss: 2 }, { step: 2, loss: 1 }], { title: "Loss", x: "step", y: "loss" });
 * String.fromCharCode(...(await png(chart)).subarray(1, 4)); // => 'PNG'
 * ```
 */
export async function png(
  chart: Chart,
  { width = 680, scale = 2, theme = "light" }: { readonly width?: number; readonly scale?: number; readonly theme?: "light" | "dark" } = {},
): Promise<Uint8Array> {
  const [{ renderAsync }, { createRequire }, drawing] = await Promise.all([
    import("@resvg/resvg-js"),
    import("node:module"),
    svg(chart, { width, theme, titled: true }),
  ]);
  const { resolve } = createRequire(import.meta.url);
  const fontFiles = ["400Regular/Inter_400Regular", "500Medium/Inter_500Medium", "600SemiBold/Inter_600SemiBold"].map((face) =>
    resolve(`@expo-google-fonts/inter/${face}.ttf`),
  );
  const margin = 16;
  const [, viewWidth, viewHeight] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(drawing) ?? [];
  const [w, h] = [Number(viewWidth) + 2 * margin, Number(viewHeight) + 2 * margin];
  const framed = drawing
    .replace(/<svg [^>]*>/, (tag) =>
      tag.replace(/ (?:width|height)="[\d.]+"/g, "").replace(/viewBox="[^"]*"/, `width="${w}" height="${h}" viewBox="${-margin} ${-margin} ${w} ${h}"`),
    )
    .replace(/font-family="[^"]*"/g, 'font-family="Inter, sans-serif"');
  const picture = await renderAsync(framed, {
    background: PALETTES[theme].paper,
    fitTo: { mode: "zoom", value: scale },
    font: { fontFiles, loadSystemFonts: true, defaultFontFamily: "Inter", sansSerifFamily: "Inter" },
  });
  return picture.asPng();
}
