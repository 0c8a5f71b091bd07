import { foldIn, type Key } from "@lab/tensor-core";
import { bootstrap, callControl, lengthPenalty, runningQuantile, tableScore, type Interval } from "@lab/lacy";
import type { Cascade, Pair, Written } from "./cascade.ts";
import type { Score } from "./methods.ts";
import type { Subject, Subjects } from "./subjects.ts";

/** Two ways to score a text. */
export type Measure = "precision" | "penalised";

/** What a cascade wrote about its subjects, and how much of it a table of facts supports. */
export type Told = {
  readonly name: string;
  readonly budget: number;
  /** Calls among decisions. */
  readonly callRate: number;
  /** Mean over subjects of supported/(supported + contradicted), 95 % by the bootstrap over subjects. */
  readonly precision: Interval;
  /** The same, times exp(1 − γ/n) where a text has n < γ such claims, γ those of a true text; 0 where it has none. */
  readonly penalised: Interval;
  /** Each subject's own by both measures; the precision is NaN where nothing was claimed that the table knows. */
  readonly scores: { readonly [M in Measure]: Float64Array };
  /** Recall at γ, and claims per text. */
  readonly recall: number;
  readonly claims: number;
  readonly written: readonly Written[];
};

export type Telling = Pair & {
  readonly name: string;
  readonly score: Score;
  readonly budget: number;
  readonly history: Iterable<number>;
  readonly subjects: readonly Subject[];
  readonly tokenizer: Subjects["tokenizer"];
  readonly separator: number;
  readonly tokens: number;
  readonly gamma: number;
};

/** Lets a cascade write about subjects, given their titles, within a budget of calls, and holds what it wrote against their tables. */
export function told(key: Key, cascade: Cascade, { name, score, budget, history, subjects, tokenizer, separator, tokens, gamma, ...pair }: Telling): Told {
  const control = callControl(runningQuantile({ rate: budget, history: [...history] }));
  const prompts = subjects.map(({ prompt }) => prompt);
  const written = cascade.written(pair, { prompts, tokens, separator, score, control, key: foldIn(key, 0) });
  const texts = written.map((each) => tokenizer.decode(each.tokens));
  return { ...judged(key, { name, budget, texts, subjects, gamma }), callRate: control.calls / Math.max(1, control.decisions), written };
}

type Judged = Pick<Telling, "name" | "budget" | "subjects" | "gamma"> & { readonly texts: readonly string[] };

/** The measures of what was written about subjects, text by text. */
export function judged(key: Key, { name, budget, texts, subjects, gamma }: Judged): Omit<Told, "callRate" | "written"> {
  const given = subjects.map(({ known }, i) => ({ text: texts[i]!, known }));
  const { scores: precision, tallies, recall, claims } = tableScore(given, { gamma });
  const penalised = precision.map((value, i) => {
    const covered = tallies[i]!.supported + tallies[i]!.contradicted;
    return covered === 0 ? 0 : value * lengthPenalty(covered, gamma);
  });
  // One key for all: resamples of the same subjects.
  const among = (scores: Float64Array): Interval => bootstrap(scores, foldIn(key, 1));
  return { name, budget, precision: among(precision), penalised: among(penalised), scores: { precision, penalised }, recall, claims };
}

/** The text with the larger model's words between brackets. */
export function attributed({ tokens, byLarge }: Written, tokenizer: Subjects["tokenizer"]): string {
  const runs: { large: boolean; tokens: number[] }[] = [];
  tokens.forEach((token, i) => {
    const large = byLarge[i]!;
    if (runs.at(-1)?.large === large) runs.at(-1)!.tokens.push(token);
    else runs.push({ large, tokens: [token] });
  });
  return runs.map(({ large, tokens: run }) => (large ? `⟦${tokenizer.decode(run)}⟧` : tokenizer.decode(run))).join("");
}
