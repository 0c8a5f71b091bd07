import type { Column } from "@lab/tensor-core/report";

type Columns = { readonly [name: string]: Column };

export const samplingColumns: Columns = {
  lambda: { header: "λ" },
  ess: { header: "bulk ESS" },
  rHat: { header: "R̂", format: 4 },
  step: {},
  leapfrogs: {},
  acceptance: {},
  divergences: {},
  bfmi: { header: "least E-BFMI" },
};

export const curveColumns: Columns = {
  lambda: { header: "λ" },
  riskCe: { header: "bounded CE", format: 4 },
  risk01: { header: "0-1 risk", format: 4 },
  testError01: { header: "test 0-1", format: 4 },
  klLower: { header: "KL, right sum", format: 4 },
  kl: { header: "trapezoid", format: 4 },
  klUpper: { header: "left sum", format: 4 },
  klError: { header: "± of left" },
  boundCe: { header: "bound, CE", format: 4 },
  bound01: { header: "bound, 0-1", format: 4 },
};

export const certificateColumns: Columns = {
  lambda: { header: "λ" },
  draws: { header: "m" },
  high: { header: "0-1 risk ≤", format: 4 },
  klUpper: { header: "KL ≤", format: 4 },
  bound: { header: "CE bound", format: 4 },
  bound01: { header: "0-1 bound", format: 4 },
};

export const candidateColumns: Columns = {
  objective: {},
  start: {},
  rate: { header: "learning rate" },
  risk01: { header: "0-1 risk", format: 4 },
  kl: { header: "KL", format: 4 },
  bound01: { header: "bound, 0-1", format: 4 },
  boundCe: { header: "bound, CE", format: 4 },
};

export const comparisonColumns: Columns = {
  posterior: {},
  risk01: { header: "0-1 risk", format: 4 },
  testError01: { header: "test 0-1", format: 4 },
  klOverN: { header: "KL/n" },
  bound01: { header: "bound (point)", format: 4 },
  certificate01: { header: "certificate", format: 4 },
  assumes: {},
};
