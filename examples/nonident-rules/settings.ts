import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

/** How much of the study is run; its language, prompts and learning rate are the same in all, its network but in the smallest. */
export type Setting = {
  readonly seeds: number;
  readonly steps: number;
  /** Of the 128 strings, how many a step sees, one from each of as many equal parts. */
  readonly batch: number;
  /** Into how many groups of rising length a step's strings fall; each is cut after its longest string: what is left out is padding after padding. */
  readonly groups: number;
  /** Whether padding hides its own keys, as in the study; else it only follows, where no token of a string sees it. */
  readonly hidesPadding: boolean;
  /** Of the 251 prompts out of distribution, how many a step sees. */
  readonly prompts: number;
  /** Steps between two looks at loss and behaviour. */
  readonly every: number;
  readonly dropout: number;
  /** The learning rate at its peak, and the steps up to it. */
  readonly rate: number;
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
/** Of the study's figure, with three layers of five and an eighth of the ReLU network's width. */
const MEDIUM = { channels: 10, heads: 5, hidden: 128, layers: 3 } as const;
/** Of the study's figure. */
const NETWORK = { channels: 10, heads: 5, hidden: 1024, layers: 5 } as const;

const light = { groups: 4, hidesPadding: false, dropout: 0, rate: 3e-3, ...MEDIUM } as const;

/**
 * Smoke goes through every step; the default reaches the neighbourhood of the floor with a smaller network and eight strings a step; full is the study's,
 * 50 000 steps on all strings and prompts.
 */
export function settingOf(effort: Effort, engine: EngineName): Setting {
  if (effort === "full")
    return {
      ...{ seeds: 8, steps: 50_000, batch: 128, groups: 1, hidesPadding: true, prompts: 251, every: 500 },
      ...{ dropout: 0.1, rate: 2e-3, warmUp: 1000, longest: 240, ...NETWORK },
    };
  const slow = engine !== "native";
  if (effort === "smoke") return { ...light, ...SMALL, seeds: 2, steps: slow ? 2 : 6, batch: 4, prompts: 16, every: slow ? 2 : 3, warmUp: 2, longest: 10 };
  return { ...light, seeds: 3, steps: slow ? 20 : 3500, batch: 8, prompts: 16, every: slow ? 10 : 350, warmUp: slow ? 20 : 100, longest: 32 };
}
