import type { Column, Value } from "@lab/tensor-core/report";
import { ENDLESS, type RunRow, type Spread } from "./comparison.ts";

type Columns = { readonly [name: string]: Column };

export const triedColumns: Columns = {
  algorithm: {},
  rate: { header: "learning rate" },
  rho: { header: "ρ" },
  accuracy: { header: "validation accuracy", format: 4 },
  nll: { header: "NLL", format: 4 },
  ece: { header: "ECE" },
  chosen: {},
};

export const runColumns: Columns = {
  algorithm: {},
  rho: { header: "ρ" },
  rate: { header: "rate" },
  accuracy: { header: "test accuracy, %" },
  nll: { header: "NLL" },
  ece: { header: "ECE" },
  sharpness: {},
  trace: {},
};

/** A run as a row of a table: means ± standard errors over the seeds. */
export function runCells({ algorithm, kappa, rho, rate, accuracy, nll, ece, sharpness, trace }: RunRow): { readonly [name: string]: Value } {
  return {
    algorithm: kappa === null ? algorithm : `${algorithm}, κ = ${kappa === ENDLESS ? "∞" : kappa}`,
    rho: rho ?? "",
    rate,
    accuracy: plusMinus({ mean: 100 * accuracy.mean, se: 100 * accuracy.se }, 2),
    nll: plusMinus(nll, 3),
    ece: plusMinus(ece, 3),
    sharpness: plusMinus(sharpness, 3),
    trace: plusMinus(trace, 0),
  };
}

function plusMinus({ mean, se }: Spread, digits: number): string {
  return `${mean.toFixed(digits)} ± ${se.toFixed(digits)}`;
}
