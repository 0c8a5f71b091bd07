import type { Emission } from "./generate.ts";

/** How much of a text is the bigger model's, counted in three ways; NaN where there is nothing to count. */
export type CallShares = {
  readonly decisions: number;
  readonly calls: number;
  /** Calls among decisions, answered or not. */
  readonly callRate: number;
  /** Of the small model's pieces of the text, and of its characters, those that the bigger model wrote. */
  readonly pieceRate: number;
  readonly characterRate: number;
};

/**
 * What a cascade's text owes to the bigger model: as calls among decisions, as pieces in the small model's vocabulary, and as characters. The three differ where an answer has several pieces.
 *
 * @example
 * ```ts
 * import { callShares } from "@lab/lacy";
 * const own = { text: "in", tokens: [4], by: "small", reason: "own", logProb: -1, score: -2, threshold: 0 } as const;
 * const answer = { ...own, text: " Bergen", tokens: [1, 2, 3], by: "large", reason: "called", score: 1 } as const;
 * const { callRate, pieceRate, characterRate } = callShares([own, answer]);
 * [callRate, pieceRate, characterRate.toFixed(2)]; // => [ 0.5, 0.75, '0.78' ]
 * ```
 */
export function callShares(pieces: Iterable<Emission>): CallShares {
  let [decisions, calls] = [0, 0];
  const [count, characters] = [
    { small: 0, large: 0 },
    { small: 0, large: 0 },
  ];
  for (const { text, tokens, by, reason, score } of pieces) {
    decisions += Number(!Number.isNaN(score));
    calls += Number(reason === "called" || reason === "unanswered" || reason === "failed");
    count[by] += tokens.length;
    characters[by] += [...text].length;
  }
  const share = ({ small, large }: typeof count): number => large / (small + large);
  return { decisions, calls, callRate: calls / decisions, pieceRate: share(count), characterRate: share(characters) };
}
