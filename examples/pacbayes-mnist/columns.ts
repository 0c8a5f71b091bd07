import type { Column } from "@lab/tensor-core/report";

type Columns = { readonly [name: string]: Column };

export const settingColumns: Columns = {
  name: { header: "setting" },
  side: { header: "pixels a side" },
  priorScale: { header: "σ₀" },
  chains: {},
  draws: { header: "draws a chain" },
  rungs: {},
  descent: { header: "steps of descent" },
};

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
  kl: { header: "acceptance ratios", format: 4 },
  klError: { header: "±" },
  klUpper: { header: "left sum", format: 4 },
  klUpperError: { header: "±" },
  klByVariance: { header: "by variance", format: 4 },
  boundCe: { header: "bound, CE", format: 4 },
  bound01: { header: "bound, 0-1", format: 4 },
};

export const certificateColumns: Columns = {
  lambda: { header: "λ" },
  risk01Upper: { header: "0-1 risk ≤", format: 4 },
  klUpper: { header: "KL ≤", format: 4 },
  bound: { header: "CE bound", format: 4 },
  bound01: { header: "0-1 bound", format: 4 },
  draws: { header: "exact draws: m" },
  exactKlUpper: { header: "KL ≤", format: 4 },
  exactBound01: { header: "0-1 bound", format: 4 },
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

export const boundColumns: Columns = {
  bound: {},
  gibbs: { header: "Gibbs", format: 4 },
  meanField: { header: "mean-field", format: 4 },
  choice: { header: "its constant" },
};

export const resultColumns: Columns = {
  setting: {},
  posterior: {},
  riskCe: { header: "bounded CE", format: 4 },
  risk01: { header: "0-1 risk", format: 4 },
  testError01: { header: "test 0-1", format: 4 },
  klOverN: { header: "KL/n", format: 4 },
  klOverNError: { header: "±" },
  point01: { header: "0-1 bound (point)", format: 4 },
  bound01: { header: "0-1 certificate", format: 4 },
  exact01: { header: "by exact draws", format: 4 },
  boundCe: { header: "CE certificate", format: 4 },
  boundClamped: { header: "clamped CE certificate", format: 4 },
  boundCeWithoutMixing: { header: "CE, without mixing", format: 4 },
  gap: { header: "gap, points" },
};

export const costColumns: Columns = {
  name: { header: "setting" },
  maxRhat: { header: "largest R̂", format: 4 },
  minEss: { header: "least ESS" },
  acceptance: {},
  divergences: {},
  gradients: { format: (value) => Number(value).toLocaleString("en") },
  seconds: {},
  targets: { header: "R̂ ≤ 1.01, ESS ≥ 400" },
};
