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
  WORD.lastIndex = 0;
  let word = WORD.exec(text)?.[0];
  if (word === undefined) return undefined;
  let end = word.length;
  while (unit === "span" && goesOn(word.trim())) {
    const rest = text.slice(end);
    if (rest.trim() === "" && !rest.includes("\n")) return undefined;
    if (!/^[ \u00a0]["'“‘]?[\p{Lu}\p{N}]/u.test(rest)) return /^[ \u00a0]["'“‘]?$/u.test(rest) ? undefined : text.slice(0, end);
    WORD.lastIndex = end;
    word = WORD.exec(text)?.[0];
    if (word === undefined) return undefined;
    end += word.length;
  }
  return text.slice(0, end);
}

/** Whether a name, date or number may go on after a word: an initial's full stop does not close it, other marks do. */
function goesOn(word: string): boolean {
  if (/^(?:the|an?)$/iu.test(word)) return true;
  return /^["'“‘]?[\p{Lu}\p{N}]/u.test(word) && (/^\p{Lu}\.$/u.test(word) || !/\p{P}$/u.test(word));
}
