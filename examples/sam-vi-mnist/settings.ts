import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

/** The size of a run for one kind of network. */
export type Scale = {
  /** Digits to train on, to tune on and to test on. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Digits in a batch, and gradients of a batch that every training may take. */
  readonly batch: number;
  readonly gradients: number;
  /** The shares of training labels that are drawn anew. */
  readonly noise: readonly number[];
  readonly seeds: number;
  /** Digits on which flatness is measured, and signs for the trace. */
  readonly measured: number;
  readonly signs: number;
};

export type Settings = {
  readonly hidden: readonly number[];
  readonly models: { readonly [name in "mlp" | "lenet"]?: Scale };
  /** Learning rates and radii that are tried; further grids are multiples of these. */
  readonly rates: readonly number[];
  readonly radii: readonly number[];
  readonly kappas: readonly number[];
  /** Draws from a posterior in its predictions. */
  readonly draws: number;
  /** ρ of the sharpness that is reported, the same for all, and the steps of its ascent. */
  readonly ball: number;
  readonly ascent: number;
};

const common = { kappas: [0.5, 1, 2, 4], ball: 0.1 } as const;

const scales: { readonly [Name in Effort]: Settings } = {
  smoke: {
    ...common,
    hidden: [32],
    models: {
      mlp: { train: 600, validation: 300, test: 1000, batch: 64, gradients: 120, noise: [0.4], seeds: 2, measured: 200, signs: 4 },
      lenet: { train: 300, validation: 150, test: 300, batch: 32, gradients: 20, noise: [0.4], seeds: 2, measured: 50, signs: 2 },
    },
    rates: [0.05],
    radii: [0.1, 0.4],
    draws: 4,
    ascent: 3,
  },
  default: {
    ...common,
    hidden: [100],
    models: {
      mlp: { train: 4000, validation: 2000, test: 10_000, batch: 128, gradients: 1200, noise: [0, 0.2, 0.4], seeds: 3, measured: 1000, signs: 20 },
      lenet: { train: 1500, validation: 1000, test: 2000, batch: 64, gradients: 240, noise: [0, 0.4], seeds: 2, measured: 200, signs: 6 },
    },
    rates: [0.02, 0.05],
    radii: [0.05, 0.2, 0.5],
    draws: 8,
    ascent: 8,
  },
  full: {
    ...common,
    hidden: [100],
    models: {
      mlp: { train: 50_000, validation: 10_000, test: 10_000, batch: 128, gradients: 16_000, noise: [0, 0.2, 0.4], seeds: 5, measured: 5000, signs: 100 },
      lenet: { train: 50_000, validation: 10_000, test: 10_000, batch: 128, gradients: 8000, noise: [0, 0.2, 0.4], seeds: 5, measured: 2000, signs: 50 },
    },
    rates: [0.005, 0.01, 0.02, 0.05],
    radii: [0.02, 0.05, 0.1, 0.2, 0.5, 1],
    draws: 32,
    ascent: 20,
  },
};

/** Engines without compiled graphs are slower by ten and more: they get less to do, unless the whole is asked for. */
const lighter: Partial<Settings> = {
  hidden: [16],
  models: { mlp: { train: 300, validation: 150, test: 500, batch: 32, gradients: 40, noise: [0.4], seeds: 2, measured: 100, signs: 2 } },
  rates: [0.05],
  radii: [0.1, 0.4],
  draws: 4,
  ascent: 3,
};

export function settingsOf(effort: Effort, engine: EngineName): Settings {
  return { ...scales[effort], ...(isReduced(effort, engine) && lighter) };
}

/** Whether an effort is smaller here than on the native engine. */
export function isReduced(effort: Effort, engine: EngineName): boolean {
  return effort !== "full" && engine !== "native";
}
