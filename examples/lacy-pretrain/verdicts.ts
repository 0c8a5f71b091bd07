import type { Key } from "@lab/tensor-core";
import { bootstrap, type Interval } from "@lab/lacy";
import type { Measure, Told } from "./told.ts";

/** A rule less another by one measure on the same subjects, at one budget. */
export type Difference = { readonly measure: Measure; readonly rival: string; readonly budget: number; readonly subjects: number } & Interval;

/** lacy less each other at each budget above 0, paired by subject, 95 %. */
export function differences(key: Key, all: readonly Told[], measure: Measure): Difference[] {
  const of = "lacy";
  return all
    .filter(({ name, budget }) => name === of && budget > 0)
    .flatMap(({ budget, scores }) =>
      all
        .filter((each) => each.budget === budget && each.name !== of)
        .map((rival): Difference => {
          const paired = scores[measure].map((score, i) => score - rival.scores[measure][i]!);
          return { measure, rival: rival.name, budget, subjects: paired.filter((each) => !Number.isNaN(each)).length, ...bootstrap(paired, key) };
        }),
    );
}

const MEASURES: { readonly [M in Measure]: string } = { precision: "By factual precision", penalised: "By the penalised score" };

/** Whether lacy wins by one measure, said from the intervals: a paragraph with a sentence for each budget. */
export function verdict(found: readonly Difference[]): string {
  const budgets = [...new Set(found.map(({ budget }) => budget))];
  const sentences = budgets.map((budget) => {
    const here = found.filter((each) => each.budget === budget);
    const names = (holds: (each: Difference) => boolean): string =>
      here
        .filter(holds)
        .map(({ rival, value }) => `${rival} (${signed(100 * value)})`)
        .join(", ");
    const [ahead, behind] = [names(({ low }) => low > 0), names(({ high }) => high < 0)];
    const open = names(({ low, high }) => !(low > 0) && !(high < 0));
    const wins = behind !== "" ? "lacy does not win" : open !== "" ? "lacy does not win clearly" : "lacy wins";
    const parts = [ahead && `ahead of ${ahead}`, behind && `behind ${behind}`, open && `not told apart from ${open}`].filter(Boolean);
    return `At a budget of ${Math.round(100 * budget)} % **${wins}**: ${parts.join("; ")}.`;
  });
  return `${MEASURES[found[0]!.measure]}. ${sentences.join(" ")}`;
}

function signed(points: number): string {
  return Number.isNaN(points) ? "no claims in common" : `${points >= 0 ? "+" : "−"}${Math.abs(points).toFixed(1)}`;
}
