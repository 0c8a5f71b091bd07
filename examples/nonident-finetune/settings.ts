import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

export type Setting = {
  /** Strings of both languages: n = 1, …, largest. */
  readonly largest: number;
  readonly layers: number;
  readonly channels: number;
  readonly heads: number;
  /** Of training on aⁿbⁿ by Adam. */
  readonly steps: number;
  /** Of fine-tuning on aⁿbⁿaⁿ. */
  readonly tuningSteps: number;
  readonly every: number;
  readonly seeds: number;
};

/** Smoke goes through every step, the default learns for a minute or two, full with more seeds. */
export function settingOf(effort: Effort, engine: EngineName): Setting {
  const whole = { largest: 12, layers: 2, channels: 32, heads: 4, steps: 1500, tuningSteps: 200, every: 10, seeds: 8 };
  if (effort === "full") return { ...whole, steps: 6000, tuningSteps: 1000, every: 20, seeds: 16 };
  if (effort === "default" && engine === "native") return whole;
  return { ...whole, largest: 4, layers: 1, channels: 16, steps: 60, tuningSteps: 4, every: 2, seeds: 2 };
}
