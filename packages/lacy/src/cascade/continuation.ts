import type { Autoregressive, Awaitable, Token, Tokenizer } from "@lab/tensor-core";
import { begun, checkedUnit, LONGEST, type AnswerUnit } from "./answer-unit.ts";
import { decoded } from "./decoding.ts";

/** What the bigger model adds to a text; `end` says that it would write nothing after it. */
export type Answer = { readonly text: string; readonly end: boolean };

/** The bigger model of a cascade: any that goes on with a text. */
export interface Continuation {
  continue(text: string, options?: { readonly signal?: AbortSignal | undefined }): Awaitable<Answer>;
}

export type LocalContinuationOptions = {
  readonly tokenizer: Tokenizer;
  /** The token that closes a text. */
  readonly end?: Token;
  /** Tokens that are never answered: `<CALL>`, where the bigger model has one. */
  readonly excluded?: readonly Token[];
  /** One token of the bigger model, as in the paper, or as many as a word or a span takes. */
  readonly answer?: AnswerUnit;
};

/** The text without a space at its end: tokenizers join a space to the word that follows it. */
export function unspaced(text: string): string {
  return text.endsWith(" ") ? text.slice(0, -1) : text;
}

/**
 * A model on this machine as the bigger one, with a tokenizer of its own: its likeliest next token, word or span. An answer that would end inside a character, or that only repeats the space at the end
 * of the text, is gone on with.
 *
 * @throws RangeError for a unit of answers that is none and, when it is asked, for tokens that are not the model's
 * @example
 * ```ts
 * import { bytePairTokenizer, learnedBytePairs, tabular } from "@lab/tensor-core";
 * import { localContinuation } from "@lab/lacy";
 * const tokenizer = bytePairTokenizer(await learnedBytePairs(["ab"], { vocabulary: 257, specials: ["<end>"] }));
 * const model = tabular([[tokenizer.encode("abc"), 1]], { vocabulary: 257, end: 256 });
 * await localContinuation(model, { tokenizer, end: 256 }).continue("ab"); // => { text: 'c', end: false }
 * ```
 */
export function localContinuation(model: Autoregressive, { tokenizer, end, excluded = [], answer = "token" }: LocalContinuationOptions): Continuation {
  const marks = Object.values(tokenizer.specials).filter((token) => token !== end);
  checkedUnit(answer);
  const never = [...new Set([...excluded, ...marks])];
  return {
    async continue(text, { signal } = {}) {
      const sent = unspaced(text);
      const spaced = sent !== text;
      const prefix = tokenizer.encode(sent);
      const tokens: Token[] = [];
      let whole = "";
      while (tokens.length < LONGEST[answer]) {
        signal?.throwIfAborted();
        const { token } = decoded(await model.logProbs([...prefix, ...tokens]), { uniform: 0, excluded: never });
        if (token === end) return { text: stripped(whole, spaced), end: true };
        tokens.push(token);
        const read = readable(tokenizer.bytes(tokens));
        if (read === undefined) continue;
        whole = read;
        const done = answer === "token" ? stripped(read, spaced) !== "" : begun(read, answer) !== undefined;
        if (done) break;
      }
      return { text: stripped(answer === "token" ? whole : (begun(whole, answer) ?? whole), spaced), end: false };
    },
  };
}

/** An answer without the space that the text has already. */
export function stripped(answer: string, spaced: boolean): string {
  return spaced && answer.startsWith(" ") ? answer.slice(1) : answer;
}

/** The text of bytes; undefined where they end inside a character or are none. */
function readable(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
