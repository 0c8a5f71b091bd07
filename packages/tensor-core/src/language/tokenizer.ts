import type { Sequence, Token } from "./token.ts";

/** A token and the part of the text it stands for: `text.slice(start, end)`, UTF-16 units. A token that is part of a character stands for the whole character. */
export type Piece = { readonly token: Token; readonly start: number; readonly end: number };

export type EncodeOptions = {
  /** Whether the text of a special token is that token, or text like any other. False unless told: what a user types calls nothing. */
  readonly specials?: boolean;
};

/**
 * Text into tokens and back: `decode(encode(text)) = text` for every well-formed text.
 *
 * A lone surrogate is no text; it is read as U+FFFD.
 */
export interface Tokenizer {
  /** The number of tokens, special ones included. */
  readonly vocabulary: number;
  /** Tokens that stand for no text, by name. */
  readonly specials: { readonly [name: string]: Token };
  encode(text: string, options?: EncodeOptions): Token[];
  /** Tokens with the places they come from, in order. */
  pieces(text: string, options?: EncodeOptions): Piece[];
  /** Bytes of UTF-8, or any other: `bytes(encodeBytes(b)) = b`. */
  encodeBytes(bytes: Uint8Array): Token[];
  /** Special tokens as their names; what is no UTF-8 as U+FFFD. Throws RangeError for a number that is no token. */
  decode(tokens: Sequence): string;
  /** The bytes that tokens stand for; special tokens stand for none. Throws RangeError for a number that is no token. */
  bytes(tokens: Sequence): Uint8Array;
}
