import { constantSchedule, type Schedule } from "@lab/tensor-core";

/** @throws RangeError naming the first of `values` that is not as said */
export function checked(
  values: { readonly [name: string]: number },
  { says, holds, learner }: { readonly says: string; readonly holds: (x: number) => boolean; readonly learner: string },
): void {
  for (const [name, x] of Object.entries(values)) if (!holds(x)) throw new RangeError(`Cannot learn by ${learner}: expected ${name} ${says}, got ${x}`);
}

export const positive: { readonly says: string; readonly holds: (x: number) => boolean } = { says: "in (0, ∞)", holds: (x) => x > 0 && x < Infinity };
export const nonNegative: typeof positive = { says: "in [0, ∞)", holds: (x) => x >= 0 && x < Infinity };
export const decayRate: typeof positive = { says: "in [0, 1)", holds: (x) => x >= 0 && x < 1 };
export const counting: typeof positive = { says: "to be a whole number of at least 1", holds: (x) => Number.isInteger(x) && x >= 1 };

/** A learning rate as a schedule. */
export function rateOf(learningRate: number | Schedule, learner: string): Schedule {
  if (typeof learningRate !== "number") return learningRate;
  checked({ learningRate }, { ...nonNegative, learner });
  return constantSchedule(learningRate);
}
