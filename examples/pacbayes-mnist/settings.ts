import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

/** The size of a run. */
export type Settings = {
  /** Examples in S, and test digits that are looked at. */
  readonly n: number;
  readonly test: number;
  /** Pixels along a side, and hidden units. */
  readonly side: 14 | 28;
  readonly hidden: number;
  readonly classes: number;
  readonly chains: number;
  /** K, and per rung the steps of warm-up and the draws of each chain. */
  readonly rungs: number;
  readonly warmup: number;
  readonly draws: number;
  /** λ_K before the ladder grows, and the power of its spacing. */
  readonly top: number;
  readonly power: number;
  /** The most leapfrogs of a trajectory. */
  readonly most: number;
  /** Steps of the baseline's descent, and draws for its certificate. */
  readonly descent: number;
  readonly certified: number;
  /** σ₀ */
  readonly priorScale: number;
  readonly delta: number;
  readonly deltaRisk: number;
  readonly deltaEvidence: number;
};

const common = { classes: 10, top: 2.5, power: 3, most: 32, priorScale: 0.3, delta: 0.025, deltaRisk: 0.01, deltaEvidence: 0.01 } as const;

const scales: { readonly [Name in Effort]: Settings } = {
  smoke: { ...common, n: 500, test: 2000, side: 14, hidden: 20, chains: 4, rungs: 12, warmup: 20, draws: 50, descent: 400, certified: 400 },
  default: { ...common, n: 2000, test: 10_000, side: 14, hidden: 50, chains: 8, rungs: 16, warmup: 30, draws: 100, descent: 1600, certified: 2400 },
  full: { ...common, n: 10_000, test: 10_000, side: 28, hidden: 50, chains: 8, rungs: 32, warmup: 80, draws: 400, descent: 6000, certified: 10_000 },
};

/** Engines without compiled graphs are slower by ten and by hundreds: they get less to do, unless the whole is asked for. */
const lighter: { readonly [Name in EngineName]?: Partial<Settings> } = {
  wasm: { n: 300, test: 1000, hidden: 10, chains: 4, rungs: 12, warmup: 15, draws: 40, descent: 200, certified: 200 },
  cpu: { n: 100, test: 200, hidden: 5, chains: 2, rungs: 12, warmup: 10, draws: 20, descent: 100, certified: 50 },
};

export function settingsOf(effort: Effort, engine: EngineName): Settings {
  return { ...scales[effort], ...(effort === "full" ? {} : lighter[engine]) };
}

/** Whether an effort is smaller here than on the native engine. */
export function isReduced(effort: Effort, engine: EngineName): boolean {
  return settingsOf(effort, engine).n < scales[effort].n || settingsOf(effort, engine).test < scales[effort].test;
}
