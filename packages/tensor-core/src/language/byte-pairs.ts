import type { Token } from "./token.ts";

/**
 * What a byte-pair tokenizer is made of [Sennrich2016]: how text is cut into words, which string of bytes each token is, and which pairs are joined, in order.
 *
 * Bytes are written as the visible symbols of byte-level tokenizers: a space is Ġ [Radford2019].
 */
export type BytePairs = {
  /** A word is a match of this regular expression (with the flag `u`) or what lies between two. */
  readonly pattern: string;
  readonly tokens: { readonly [symbols: string]: Token };
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly specials: { readonly [name: string]: Token };
};

/** Classes that JavaScript and the Oniguruma of Hugging Face's tokenizers read alike, which `\s` is not. */
const SPACE = String.raw`\p{Z}\t-\r`;

/**
 * Words as GPT-2 cuts them, a space joined to what follows [Radford2019], but with accents kept on their letters and numbers cut into digits.
 *
 * @example
 * ```ts
 * import { WORDS } from "@lab/tensor-core";
 * "Born in 1909, she didn't".match(new RegExp(WORDS, "gu")); // => [ 'Born', ' in', ' 1', '9', '0', '9', ',', ' she', ' didn', "'t" ]
 * ```
 */
export const WORDS: string = `'(?:s|t|re|ve|m|ll|d)| ?[\\p{L}\\p{M}]+| ?\\p{N}| ?[^${SPACE}\\p{L}\\p{M}\\p{N}]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`;
