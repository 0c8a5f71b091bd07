import { chart, type Chart } from "@lab/tensor-core/report";
import { ENDLESS, type RunRow } from "./comparison.ts";

const QUANTITIES = { accuracy: "test accuracy", nll: "NLL, nats", ece: "ECE", sharpness: "sharpness" } as const;

/** Along the way from SAM to a random direction: how much of the direction is noise, 1 − 1/√(1 + κ²), and what was measured there. */
function rowsOf(runs: readonly RunRow[]): readonly { readonly noise: number; readonly kappa: string; readonly [name: string]: number | string }[] {
  return runs
    .flatMap((run) => {
      const kappa = run.algorithm === "SAM" ? 0 : run.algorithm === "MixSAM" ? run.kappa : null;
      return kappa === null ? [] : [{ run, kappa }];
    })
    .toSorted((a, b) => a.kappa - b.kappa)
    .map(({ run, kappa }) => ({
      noise: 1 - 1 / Math.sqrt(1 + kappa ** 2),
      kappa: kappa === 0 ? "0 (SAM)" : kappa === ENDLESS ? "∞ (random)" : String(kappa),
      ...Object.fromEntries(Object.keys(QUANTITIES).map((name) => [name, run[name as keyof typeof QUANTITIES].mean])),
      ...Object.fromEntries(Object.keys(QUANTITIES).map((name) => [`${name} se`, run[name as keyof typeof QUANTITIES].se])),
    }));
}

/**
 * κ ↦ accuracy, NLL, ECE, sharpness in one figure: SAM at its left end, a random direction at its right one, and there, as a diamond and a dashed
 * line, mean-field VI, whose direction is random too and whose scale is learned.
 */
export function interpolationChart(runs: readonly RunRow[], title: string): Chart {
  const rows = rowsOf(runs);
  const vi = runs.find(({ algorithm }) => algorithm === "MFVI");
  return chart({
    title,
    alt: `${title}. Accuracy, NLL, ECE and sharpness against the share of noise in the direction, from SAM to a random one, at ${rows.length} values of κ`,
    rows,
    spec: (width) => ({
      columns: 2,
      concat: Object.entries(QUANTITIES).map(([name, label]) => ({
        width: Math.max(120, Math.floor(width / 2) - 70),
        height: 150,
        layer: [
          {
            data: {
              values: rows.map((row) => {
                const [mean, se] = [row[name] as number, row[`${name} se`] as number];
                return { noise: row.noise, kappa: row.kappa, mean, low: mean - (se || 0), high: mean + (se || 0) };
              }),
            },
            encoding: {
              x: { field: "noise", type: "quantitative" as const, title: "1 − 1/√(1 + κ²)", scale: { domain: [0, 1] } },
            },
            layer: [
              { mark: { type: "area" as const, opacity: 0.18 }, encoding: { y: { field: "low", type: "quantitative" as const }, y2: { field: "high" } } },
              {
                mark: { type: "line" as const, point: true },
                encoding: { y: { field: "mean", type: "quantitative" as const, title: label, scale: { zero: false } } },
              },
            ],
          },
          ...(vi === undefined
            ? []
            : [
                {
                  data: { values: [{ level: vi[name as keyof typeof QUANTITIES].mean, noise: 1 }] },
                  encoding: { y: { field: "level", type: "quantitative" as const } },
                  layer: [
                    { mark: { type: "rule" as const, strokeDash: [4, 3] } },
                    {
                      mark: { type: "point" as const, shape: "diamond", filled: true, size: 70, color: "black" },
                      encoding: { x: { field: "noise", type: "quantitative" as const } },
                    },
                  ],
                },
              ]),
        ],
      })),
    }),
  });
}
