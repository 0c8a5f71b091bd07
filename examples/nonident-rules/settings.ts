import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

/** How much of the study is run; its language, prompts and learning rate are the same in all, its network but in the smallest. */
export type Setting = {
  readonly seeds: number;
  readonly steps: number;
  /** Of the 128 strings, how many a step sees, one from each of as many equal parts. */
  readonly batch: number;
  /** Of the 251 prompts out of distribution, how many a step sees. */
  readonly prompts: number;
  /** Steps between two looks at loss and behaviour. */
  readonly every: number;
  readonly dropout: number;
  readonly warmUp: number;
  /** The most tokens of a completion. */
  readonly longest: number;
  readonly channels: number;
  readonly heads: number;
  readonly hidden: number;
  readonly layers: number;
};

/** Of the earlier sweeps, with fewer layers and a narrower ReLU network, to go through every step soon. */
const SMALL = { channels: 8, heads: 4, hidden: 64, layers: 2 } as const;
/** Of the study's figure. */
const NETWORK = { channels: 10, heads: 5, hidden: 1024, layers: 5 } as const;

/** Smoke goes through every step; the default learns for minutes; full is the study's, 50 000 steps on all strings and prompts. */
export function settingOf(effort: Effort, engine: EngineName): Setting {
  if (effort === "full") return { seeds: 8, steps: 50_000, batch: 128, prompts: 251, every: 500, dropout: 0.1, warmUp: 1000, longest: 240, ...NETWORK };
  const slow = engine !== "native";
  if (effort === "smoke") return { seeds: 2, steps: slow ? 2 : 6, batch: 2, prompts: 16, every: slow ? 2 : 6, dropout: 0, warmUp: 2, longest: 10, ...SMALL };
  return { seeds: 3, steps: slow ? 20 : 240, batch: 4, prompts: 32, every: slow ? 10 : 40, dropout: 0, warmUp: 20, longest: 32, ...NETWORK };
}
