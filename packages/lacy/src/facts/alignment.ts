import type { Piece } from "@lab/tensor-core";
import type { FactSpan } from "./fact-span.ts";

/**
 * What a token is, as a number of one byte: a fact is 1.
 *
 * @example
 * ```ts
 * import { TOKEN_KINDS } from "@lab/lacy/facts";
 * TOKEN_KINDS; // => { other: 0, factual: 1, grammatical: 2 }
 * ```
 */
export const TOKEN_KINDS: { readonly [kind in FactSpan["kind"]]: number } = { other: 0, factual: 1, grammatical: 2 };

export type AlignmentOptions = {
  /** Whether all pieces of a factual word are facts, or the first only: the others are `other` then. */
  readonly pieces?: "all" | "first";
};

/**
 * Spans of characters to tokens: a piece is a fact if its characters, without the white space or "▁" in front, overlap a factual span; else it is what it overlaps first.
 *
 * A piece of no other characters is no fact. A piece that is part of a character stands for the whole of it. Numbers of `TOKEN_KINDS`, one for each piece.
 *
 * @throws RangeError for an option that is none
 * @example
 * ```ts
 * import { alignment } from "@lab/lacy/facts";
 * const text = "in Nairobi";
 * const pieces = [{ token: 0, start: 0, end: 2 }, { token: 1, start: 2, end: 6 }, { token: 2, start: 6, end: 10 }];
 * alignment(text, pieces, { spans: [{ start: 3, end: 10, kind: "factual", rule: "Place" }] }); // => Uint8Array(3) [ 0, 1, 1 ]
 * ```
 */
export function alignment(
  text: string,
  pieces: readonly Piece[],
  { spans, pieces: which = "all" }: AlignmentOptions & { readonly spans: readonly FactSpan[] },
): Uint8Array {
  if (which !== "all" && which !== "first") throw new RangeError(`Cannot align facts: pieces must be "all" or "first", got "${String(which)}"`);
  const kinds = new Uint8Array(pieces.length);
  let next = 0;
  /** The last span that a piece has been the first of. */
  let begun = -1;
  pieces.forEach(({ start, end }, i) => {
    const from = start + leading(text, start, end);
    while (next < spans.length && spans[next]!.end <= from) next++;
    let first: FactSpan | undefined;
    if (from >= end) return;
    for (let k = next; k < spans.length; k++) {
      const span = spans[k]!;
      if (span.start >= end) break;
      first ??= span;
      if (span.kind !== "factual") continue;
      if (which === "all" || k > begun) kinds[i] = TOKEN_KINDS.factual;
      begun = Math.max(begun, k);
    }
    if (kinds[i] === 0 && first !== undefined) kinds[i] = first.kind === "factual" ? TOKEN_KINDS.other : TOKEN_KINDS[first.kind];
  });
  return kinds;
}

/** How much of the characters in [start, end) is white space or "▁" in front. */
function leading(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && /[\s▁]/.test(text[at]!)) at++;
  return at - start;
}
