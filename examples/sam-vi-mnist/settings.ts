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
  /** Learning rates and radii that are tried, and κ between SAM and a random direction. */
  readonly rates: readonly number[];
  readonly radii: readonly number[];
  readonly kappas: readonly number[];
  /** Digits on which flatness is measured, and signs for the trace. */
  readonly measured: number;
  readonly signs: number;
};

export type Settings = {
  readonly hidden: readonly number[];
  readonly models: { readonly [Name in ModelName]?: Scale };
  /** Draws from a posterior in its predictions. */
  readonly draws: number;
  /** ρ of the sharpness that is reported, the same for all, and the steps of its ascent. */
  readonly ball: number;
  readonly ascent: number;
};
export type ModelName = "mlp" | "lenet";

const kappas = [0.5, 1, 2, 4];

const scales: { readonly [Name in Effort]: Settings } = {
  smoke: {
    hidden: [32],
    models: {
      mlp: {
        train: 600,
        validation: 300,
        test: 1000,
        batch: 64,
        gradients: 120,
        noise: [0.4],
        seeds: 2,
        rates: [0.05],
        radii: [0.1, 0.4],
        kappas: [1],
        measured: 200,
        signs: 4,
      },
      lenet: {
        train: 300,
        validation: 100,
        test: 300,
        batch: 32,
        gradients: 40,
        noise: [0],
        seeds: 2,
        rates: [0.02],
        radii: [0.02],
        kappas: [],
        measured: 50,
        signs: 2,
      },
    },
    draws: 4,
    ball: 0.1,
    ascent: 3,
  },
  default: {
    hidden: [100],
    models: {
      mlp: {
        train: 4000,
        validation: 2000,
        test: 10_000,
        batch: 128,
        gradients: 1000,
        noise: [0, 0.2, 0.4],
        seeds: 3,
        rates: [0.02, 0.05],
        radii: [0.05, 0.2, 0.5],
        kappas,
        measured: 1000,
        signs: 20,
      },
      lenet: {
        train: 10_000,
        validation: 1000,
        test: 2000,
        batch: 64,
        gradients: 800,
        noise: [0.2],
        seeds: 2,
        rates: [0.01],
        radii: [0.02, 0.05],
        kappas: [],
        measured: 200,
        signs: 6,
      },
    },
    draws: 8,
    ball: 0.1,
    ascent: 8,
  },
  full: {
    hidden: [100],
    models: {
      mlp: {
        train: 50_000,
        validation: 10_000,
        test: 10_000,
        batch: 128,
        gradients: 16_000,
        noise: [0, 0.2, 0.4],
        seeds: 5,
        rates: [0.005, 0.01, 0.02, 0.05],
        radii: [0.02, 0.05, 0.1, 0.2, 0.5, 1],
        kappas,
        measured: 5000,
        signs: 100,
      },
      lenet: {
        train: 50_000,
        validation: 10_000,
        test: 10_000,
        batch: 128,
        gradients: 8000,
        noise: [0, 0.2, 0.4],
        seeds: 5,
        rates: [0.005, 0.01, 0.02],
        radii: [0.01, 0.02, 0.05, 0.1, 0.2],
        kappas,
        measured: 2000,
        signs: 50,
      },
    },
    draws: 32,
    ball: 0.1,
    ascent: 20,
  },
};

/** Engines without compiled graphs are slower by ten and more: they get less to do, unless the whole is asked for. */
const lighter: Partial<Settings> = {
  hidden: [16],
  models: {
    mlp: {
      train: 200,
      validation: 100,
      test: 500,
      batch: 32,
      gradients: 20,
      noise: [0.4],
      seeds: 2,
      rates: [0.05],
      radii: [0.1],
      kappas: [1],
      measured: 50,
      signs: 2,
    },
  },
  draws: 2,
  ascent: 2,
};

export function settingsOf(effort: Effort, engine: EngineName): Settings {
  return { ...scales[effort], ...(isReduced(effort, engine) && lighter) };
}

/** Whether an effort is smaller here than on the native engine. */
export function isReduced(effort: Effort, engine: EngineName): boolean {
  return effort !== "full" && engine !== "native";
}
