import { quantile, uniformNumbers, type Key } from "@lab/tensor-core";
import { claims } from "./claim.ts";
import { lengthPenalty } from "./fact-score.ts";
import { verdict, type KnownFacts, type Verdict } from "./verdict.ts";

/** A text about a subject, and what is known of the subject. */
export type Told = { readonly text: string; readonly known: KnownFacts };

/** Claims of one text by verdict. */
export type Tally = { readonly [V in Verdict]: number };

export type TableScore = {
  /** Mean over subjects with a covered claim of supported/(supported + contradicted); NaN if there is none. */
  readonly score: number;
  /** The same, each times exp(1 − γ/n) where it has n < γ covered claims, over all subjects: a text that claims nothing scores 0. */
  readonly penalised: number;
  /** Mean over subjects of min(supported/γ, 1): recall at γ [Wei2024]. */
  readonly recall: number;
  /** Harmonic mean of a subject's score and recall, mean over subjects: F1 at γ [Wei2024]. */
  readonly f1: number;
  /** Claims per text, and the share of them that the table says nothing about. */
  readonly claims: number;
  readonly uncovered: number;
  /** Each subject's own score, NaN without a covered claim, for intervals. */
  readonly scores: Float64Array;
  readonly tallies: readonly Tally[];
};

/**
 * Factual precision against a table of facts, no judge: f = supported/(supported + contradicted) claims of a text, after FActScore [Min2023].
 *
 * `gamma` is the number of claims that a full text has: the median of the true documents, by `calibration`. Claims are those of `claims`, verdicts those of `verdict`.
 *
 * @throws RangeError unless gamma is positive
 * @example
 * ```ts
 * import { tableScore } from "@lab/lacy";
 * const known = { facts: [["Birth Date", "1911"], ["Nationality", "Kenyan"]] } as const;
 * tableScore([{ text: "Mira Oduya (born 1911) was a Ghanaian botanist.", known }], { gamma: 2 }).score; // => 0.5
 * ```
 */
export function tableScore(texts: readonly Told[], { gamma = 1 }: { readonly gamma?: number } = {}): TableScore {
  if (!(gamma > 0 && gamma < Infinity)) throw new RangeError(`Cannot score texts: gamma must be positive, got ${gamma}`);
  const tallies = texts.map(tally);
  const scores = Float64Array.from(tallies, ({ supported, contradicted }) => supported / (supported + contradicted));
  const recalls = tallies.map(({ supported }) => Math.min(supported / gamma, 1));
  const covered = tallies.map(({ supported, contradicted }) => supported + contradicted);
  const all = tallies.reduce((sum, each) => sum + each.supported + each.contradicted + each.uncovered, 0);
  return {
    score: mean([...scores].filter((score) => !Number.isNaN(score))),
    penalised: mean(covered.map((n, i) => (n === 0 ? 0 : scores[i]! * lengthPenalty(n, gamma)))),
    recall: mean(recalls),
    f1: mean(recalls.map((recall, i) => (recall === 0 ? 0 : (2 * scores[i]! * recall) / (scores[i]! + recall)))),
    claims: all / texts.length,
    uncovered: tallies.reduce((sum, each) => sum + each.uncovered, 0) / all,
    scores,
    tallies,
  };
}

/** What the instrument says where the truth is known: of true documents, and of documents with the tables of other subjects. */
export type Calibration = { readonly truth: TableScore; readonly chance: TableScore; readonly gamma: number };

/**
 * The score of true documents, which should be near 1, and with tables permuted among subjects, the level of chance; γ is the median number of covered claims of the true documents.
 *
 * @throws RangeError for fewer than two documents
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { calibration } from "@lab/lacy";
 * const told = [1911, 1935].map((year) => ({ text: `Mira (born ${year}) was a botanist.`, known: { facts: [["Birth Date", `${year}`]] as const } }));
 * const { truth, chance, gamma } = calibration(told, key(0));
 * [truth.score, chance.score, gamma]; // => [ 1, 0, 1 ]
 * ```
 */
export function calibration(documents: readonly Told[], key: Key): Calibration {
  const n = documents.length;
  if (n < 2) throw new RangeError(`Cannot calibrate a score: expected at least two documents, got ${n}`);
  const covered = documents.map(tally).map(({ supported, contradicted }) => supported + contradicted);
  const gamma = Math.max(1, quantile(covered, 0.5));
  // A cycle through all in random order: nobody keeps a table.
  const draws = uniformNumbers(key, n);
  const order = Array.from({ length: n }, (_, i) => i).toSorted((a, b) => draws[a]! - draws[b]! || a - b);
  const permuted = order.map((own, i) => ({ text: documents[own]!.text, known: documents[order[(i + 1) % n]!]!.known }));
  return { truth: tableScore(documents, { gamma }), chance: tableScore(permuted, { gamma }), gamma };
}

function tally({ text, known }: Told): Tally {
  const counts = { supported: 0, contradicted: 0, uncovered: 0 };
  for (const { attribute, value } of claims(text)) counts[verdict([attribute, value], known)]++;
  return counts;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
