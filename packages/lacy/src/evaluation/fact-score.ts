import type { Judge } from "../judge/judge.ts";
import { yesOrNo } from "./acceptability.ts";

/** A text to be judged, and what is true of its subject: the text of its own article. */
export type Biography = { readonly subject: string; readonly text: string; readonly source: string };

export type AtomicFact = { readonly fact: string; /** Undefined where the judge would not say. */ readonly isSupported: boolean | undefined };

export type FactScore = {
  /** Share of the atomic facts, of those judged, that the source supports; NaN where the text was not answered. */
  readonly initial: number;
  /** initial · exp(1 − γ/|A|) where |A| < γ. */
  readonly penalised: number;
  readonly facts: readonly AtomicFact[];
  readonly abstained: number;
};

/**
 * FActScore of one text: its atomic facts A, by a judge, and f = the share of them that the source supports, times exp(1 − γ/|A|) if |A| < γ [Min2023].
 *
 * A text without facts is not answered: its scores are NaN. Questions are ours; the whole source is given, so nothing is retrieved. The mean over texts, with `bootstrap`, is the measure.
 *
 * @throws RangeError unless gamma is positive; whatever the judge throws
 * @example
 * ```ts
 * import { factScore } from "@lab/lacy";
 * const judge = async (prompt: string) => (prompt.startsWith("List") ? "- She was a botanist.\n- She was Kenyan." : prompt.includes("botanist.") ? "YES" : "NO");
 * const { initial, penalised } = await factScore({ subject: "Mira", text: "Mira was a Kenyan botanist.", source: "Mira was a botanist" }, judge, { gamma: 4 });
 * [initial, penalised.toFixed(6)]; // => [ 0.5, '0.183940' ]
 * ```
 */
export async function factScore({ subject, text, source }: Biography, judge: Judge, { gamma = 10 }: { readonly gamma?: number } = {}): Promise<FactScore> {
  if (!(gamma > 0 && gamma < Infinity)) throw new RangeError(`Cannot score a text: gamma must be positive, got ${gamma}`);
  const listed =
    text.trim() === ""
      ? ""
      : await judge(
          `List every single fact that this text states about ${subject}, one short sentence a line, each line beginning with "- ", and nothing else.\n\n${text}`,
        );
  const sentences = listed.split("\n").flatMap((line) => /^\s*(?:[-*•]|\d+[.)])\s+(?<fact>\S.*)$/.exec(line)?.groups?.["fact"] ?? []);
  const facts: AtomicFact[] = [];
  for (const fact of sentences) {
    const answer = await judge(
      `An article about ${subject}:\n\n${source}\n\nStatement: ${fact}\nDoes the article support the statement? Answer YES or NO only.`,
    );
    facts.push({ fact, isSupported: yesOrNo(answer) });
  }
  const judged = facts.filter(({ isSupported }) => isSupported !== undefined);
  const initial = judged.filter(({ isSupported }) => isSupported === true).length / judged.length;
  return { initial, penalised: initial * lengthPenalty(facts.length, gamma), facts, abstained: facts.length - judged.length };
}

/**
 * exp(1 − γ/n) for n < γ facts, 1 for more, 0 for none [Min2023].
 *
 * @example
 * ```ts
 * import { lengthPenalty } from "@lab/lacy";
 * [10, 5, 0].map((n) => lengthPenalty(n, 10).toFixed(4)); // => [ '1.0000', '0.3679', '0.0000' ]
 * ```
 */
export function lengthPenalty(n: number, gamma: number): number {
  return n >= gamma ? 1 : Math.exp(1 - gamma / n);
}
