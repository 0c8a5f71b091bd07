import { chart, lineChart, type Chart } from "@lab/tensor-core/report";
import type { Connection, LandscapePoint } from "./landscape.ts";

/**
 * A landscape as a picture: a line with a band of two standard errors along one direction, colours over two.
 *
 * @throws RangeError if there are no points
 * @example
 * ```ts
 * import { landscapeChart } from "@lab/sam-vi";
 * landscapeChart([{ a: 0, b: 0, loss: 1, error: NaN }, { a: 1, b: 0, loss: 2, error: NaN }], { title: "A line" }).alt; // => 'A line. loss against a: from 1 to 2'
 * ```
 */
export function landscapeChart(points: readonly LandscapePoint[], { title = "Landscape of the loss" }: { readonly title?: string } = {}): Chart {
  if (points.length === 0) throw new RangeError("Cannot draw a landscape: expected at least one point, got none");
  if (points.every(({ b }) => b === 0)) return banded(points, { title, x: "a" });
  const [low, high] = [Math.min(...points.map(({ loss }) => loss)), Math.max(...points.map(({ loss }) => loss))];
  const step = { a: stepOf(points.map(({ a }) => a)), b: stepOf(points.map(({ b }) => b)) };
  const rows = points.map(({ a, b, loss }) => ({ a, b, loss }));
  return chart({
    title,
    alt: `${title}. Loss over two directions: from ${low.toPrecision(3)} to ${high.toPrecision(3)}`,
    rows,
    spec: (width) => ({
      width,
      height: width,
      data: { values: rows.map((row) => ({ ...row, a2: row.a + step.a, b2: row.b + step.b })) },
      mark: { type: "rect" },
      encoding: {
        x: { field: "a", type: "quantitative", title: "a", scale: { zero: false, nice: false } },
        x2: { field: "a2" },
        y: { field: "b", type: "quantitative", title: "b", scale: { zero: false, nice: false } },
        y2: { field: "b2" },
        color: {
          field: "loss",
          type: "quantitative",
          title: "loss",
          scale: { scheme: "viridis", ...(low > 0 && high > 20 * low && { type: "log" as const }) },
        },
      },
    }),
  });
}

/**
 * The way between two solutions as a picture, with a band of two standard errors.
 *
 * @throws RangeError if there are no points
 * @example
 * ```ts
 * import { connectionChart } from "@lab/sam-vi";
 * const points = [{ t: 0, loss: 0, error: NaN }, { t: 1, loss: 0.5, error: NaN }];
 * connectionChart({ points, barrier: { height: 0, t: 0, error: 0 } }).rows.length; // => 2
 * ```
 */
export function connectionChart({ points }: Connection, { title = "The line between two solutions" }: { readonly title?: string } = {}): Chart {
  return banded(points, { title, x: "t" });
}

function banded(
  points: readonly { readonly loss: number; readonly error: number; readonly [name: string]: number }[],
  { title, x }: { readonly title: string; readonly x: string },
): Chart {
  const rows = points.map(({ loss, error, [x]: at }) => ({ [x]: at, loss, low: loss - 2 * (error || 0), high: loss + 2 * (error || 0) }));
  return lineChart(rows, { title, x, y: "loss", band: ["low", "high"] });
}

/** The distance of neighbours on a grid. */
function stepOf(values: readonly number[]): number {
  const ticks = [...new Set(values)].sort((x, y) => x - y);
  return ticks.length < 2 ? 1 : ticks[1]! - ticks[0]!;
}
