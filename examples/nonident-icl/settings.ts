import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

/** A decoder, the documents that it learns from, and for how long. */
export type Learner = {
  readonly documents: number;
  /** Tokens of a document. */
  readonly length: number;
  readonly layers: number;
  readonly channels: number;
  readonly heads: number;
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
};

export type Setting = {
  readonly coins: Learner;
  readonly ginc: Learner;
  /** Prompts for each number of shots. */
  readonly prompts: number;
  /** Documents that divergences over whole ones are estimated from. */
  readonly draws: number;
  /** Prompts of flips for each bias that is tried. */
  readonly flips: number;
};

/** Smoke goes through every step, the default learns for a minute or two, full until little is left to learn. */
export function settingOf(effort: Effort, engine: EngineName): Setting {
  const coins = { documents: 4096, length: 32, layers: 2, channels: 32, heads: 4, steps: 600, batch: 32, rate: 3e-3 };
  const ginc = { documents: 8192, length: 64, layers: 3, channels: 64, heads: 4, steps: 3000, batch: 16, rate: 4e-3 };
  if (effort === "full") return { coins: { ...coins, steps: 4000 }, ginc: { ...ginc, documents: 20_000, steps: 8000 }, prompts: 500, draws: 300, flips: 50 };
  const slow = engine !== "native";
  if (effort === "default" && !slow) return { coins, ginc, prompts: 100, draws: 60, flips: 10 };
  return {
    coins: { ...coins, documents: 256, layers: 1, channels: 16, steps: slow ? 10 : 60 },
    ginc: { ...ginc, documents: 256, layers: 1, channels: 32, steps: slow ? 10 : 60 },
    prompts: 20,
    draws: slow ? 4 : 10,
    flips: 2,
  };
}
