/**
 * How much one call brings: a token of the bigger model, as in the paper; a word, with the marks at its end; or a span, the words of one name, date or number: after the first word all that begin
 * with a capital or a digit, up to a mark.
 */
export type AnswerUnit = "token" | "word" | "span";

/** How many tokens of the bigger model an answer has at most. */
export const LONGEST: { readonly [unit in AnswerUnit]: number } = { token: 24, word: 24, span: 48 };

const WORD = /\s*\S+(?=\s)/uy;

/** The unit unless it is none: a RangeError then. */
export function checkedUnit(unit: AnswerUnit): AnswerUnit {
  if (!Object.hasOwn(LONGEST, unit)) throw new RangeError(`Cannot answer calls: answer must be "token", "word" or "span", got "${String(unit)}"`);
  return unit;
}

/** The word or span that a text begins with; undefined while what follows may belong to it. */
export function begun(text: string, unit: Exclude<AnswerUnit, "token">): string | undefined {
  let end = wordEnd(text, 0);
  if (unit === "word" || end === undefined) return end === undefined ? undefined : text.slice(0, end);
  let from = 0;
  while (end !== undefined && goesOn(text.slice(from, end).trim())) {
    const rest = text.slice(end);
    // One space, and a quotation mark perhaps: the next letter decides.
    if (/^(?:[ \u00a0]["'“‘]?)?$/u.test(rest)) return undefined;
    if (!/^[ \u00a0]["'“‘]?[\p{Lu}\p{N}]/u.test(rest)) break;
    from = end;
    end = wordEnd(text, from);
  }
  return end === undefined ? undefined : text.slice(0, end);
}

/** Where the word that begins at a place ends, white space before it included; undefined unless white space follows. */
function wordEnd(text: string, from: number): number | undefined {
  WORD.lastIndex = from;
  return WORD.test(text) ? WORD.lastIndex : undefined;
}

/** Whether a name, date or number may go on after a word: an initial's full stop does not close it, other marks do. */
function goesOn(word: string): boolean {
  if (/^(?:the|an?)$/iu.test(word)) return true;
  return /^["'“‘]?[\p{Lu}\p{N}]/u.test(word) && (/^\p{Lu}\.$/u.test(word) || !/\p{P}$/u.test(word));
}
