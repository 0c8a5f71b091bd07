import type { Key } from "@lab/tensor-core";
import { bootstrap, type Interval } from "@lab/lacy";
import type { Told } from "./told.ts";

/** A rule less another in factual precision on the same subjects, at one budget. */
export type Difference = { readonly rival: string; readonly budget: number; readonly subjects: number } & Interval;

/** lacy less each other at each budget above 0, paired by subject, 95 %. */
export function differences(key: Key, all: readonly Told[], of = "lacy"): Difference[] {
  return all
    .filter(({ name, budget }) => name === of && budget > 0)
    .flatMap(({ budget, scores }) =>
      all
        .filter((each) => each.budget === budget && each.name !== of)
        .map((rival): Difference => {
          const paired = scores.map((score, i) => score - rival.scores[i]!);
          return { rival: rival.name, budget, subjects: paired.filter((each) => !Number.isNaN(each)).length, ...bootstrap(paired, key) };
        }),
    );
}

/** Whether lacy wins, said from the intervals: one sentence for each budget. */
export function verdict(found: readonly Difference[], { subjects }: { readonly subjects: number }): string {
  const budgets = [...new Set(found.map(({ budget }) => budget))];
  const sentences = budgets.map((budget) => {
    const here = found.filter((each) => each.budget === budget);
    const names = (holds: (each: Difference) => boolean): string[] => here.filter(holds).map(({ rival, value }) => `${rival} (${signed(100 * value)})`);
    const [ahead, behind] = [names(({ low }) => low > 0), names(({ high }) => high < 0)];
    const open = names(({ low, high }) => !(low > 0) && !(high < 0));
    const wins = ahead.length === here.length ? "**lacy wins**" : behind.length > 0 ? "**lacy does not win**" : "**lacy does not win clearly**";
    const parts = [
      ahead.length > 0 && `ahead of ${ahead.join(", ")}`,
      behind.length > 0 && `behind ${behind.join(", ")}`,
      open.length > 0 && `not told apart from ${open.join(", ")}`,
    ];
    return `At a budget of ${Math.round(100 * budget)} % ${wins}: ${parts.filter(Boolean).join("; ")}.`;
  });
  return `${sentences.join(" ")} Differences in points of factual precision, paired over at most ${subjects} subjects, 95 % intervals by the bootstrap, one seed, no correction for the number of comparisons.`;
}

function signed(points: number): string {
  return Number.isNaN(points) ? "no claims in common" : `${points >= 0 ? "+" : "−"}${Math.abs(points).toFixed(1)}`;
}
