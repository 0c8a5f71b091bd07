import type { BytePairs } from "./byte-pairs.ts";
import { symbolBytes, symbols } from "./byte-symbols.ts";
import { merged, type Joins } from "./merged.ts";
import type { Token } from "./token.ts";
import type { EncodeOptions, Piece, Tokenizer } from "./tokenizer.ts";
import { utf8Runs } from "./utf8-runs.ts";
import { words } from "./words.ts";

/** Words whose tokens are kept: text repeats its words, and joining is what costs. */
const REMEMBERED = 2 ** 17;
/** Longer words are rare, and would fill the memory. */
const MEMORABLE = 64;

type Encoded = { readonly tokens: readonly Token[]; readonly lengths: readonly number[] };
const encoder = new TextEncoder();

/**
 * The byte-pair tokenizer of given pairs [Sennrich2016], on bytes [Radford2019]: no text, and no bytes, are out of its vocabulary.
 *
 * @throws RangeError where a byte, or half or whole of a pair, has no token, where a name is no string of byte symbols, or where tokens are not 0, 1, …; SyntaxError for a pattern that is none
 * @example
 * ```ts
 * import { bytePairTokenizer, learnedBytePairs } from "@lab/tensor-core";
 * const tokenizer = bytePairTokenizer(await learnedBytePairs(["a hat, a cat, a hat"], { vocabulary: 259, specials: ["<end>"] }));
 * [tokenizer.encode("a hat"), tokenizer.decode(tokenizer.encode("naïve 😀")), tokenizer.specials["<end>"]]; // => [ [ 97, 32, 104, 256 ], 'naïve 😀', 258 ]
 * ```
 */
export function bytePairTokenizer({ pattern, tokens: names, merges, specials }: BytePairs): Tokenizer {
  const cut = new RegExp(pattern, "gu");
  const { vocabulary, bytesOf, byteTokens } = alphabet(names, specials);
  const joins = joinsOf(names, merges);
  const specialNames = new Map(Object.entries(specials).map(([name, token]) => [token, name]));
  const special = Object.keys(specials).length === 0 ? undefined : anyOf(Object.keys(specials));
  const remembered = new Map<string, Encoded>();

  function encodedBytes(bytes: Uint8Array): Encoded {
    return merged(
      Array.from(bytes, (byte) => byteTokens[byte]!),
      joins,
    );
  }
  function encoded(word: string): Encoded {
    const known = remembered.get(word);
    if (known !== undefined) return known;
    const result = encodedBytes(encoder.encode(word));
    if (word.length <= MEMORABLE) {
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(word, result);
    }
    return result;
  }
  /** Text and special tokens in turn. */
  function* parts(text: string, recognise: boolean): Generator<{ readonly text: string; readonly token?: Token }> {
    if (!recognise || special === undefined) return yield { text };
    let end = 0;
    for (const { 0: name, index } of text.matchAll(special)) {
      if (index > end) yield { text: text.slice(end, index) };
      yield { text: name, token: specials[name]! };
      end = index + name.length;
    }
    if (end < text.length) yield { text: text.slice(end) };
  }
  function bytesOfToken(token: Token): Uint8Array | undefined {
    if (specialNames.has(token)) return undefined;
    const bytes = bytesOf[token];
    if (bytes === undefined) throw new RangeError(`Cannot decode tokens: expected whole numbers in [0, ${vocabulary}), got ${token}`);
    return bytes;
  }

  return {
    vocabulary,
    specials,
    encode(text: string, { specials: recognise = false }: EncodeOptions = {}): Token[] {
      const tokens: Token[] = [];
      for (const part of parts(text, recognise)) {
        if (part.token !== undefined) tokens.push(part.token);
        else for (const word of words(part.text, cut)) for (const token of encoded(word).tokens) tokens.push(token);
      }
      return tokens;
    },
    pieces(text: string, { specials: recognise = false }: EncodeOptions = {}): Piece[] {
      const pieces: Piece[] = [];
      let start = 0;
      for (const part of parts(text, recognise)) {
        if (part.token !== undefined) pieces.push({ token: part.token, start, end: start + part.text.length });
        else {
          let from = start;
          for (const word of words(part.text, cut)) {
            for (const piece of placed(word, encoded(word))) pieces.push({ token: piece.token, start: from + piece.start, end: from + piece.end });
            from += word.length;
          }
        }
        start += part.text.length;
      }
      return pieces;
    },
    encodeBytes(bytes: Uint8Array): Token[] {
      const tokens: Token[] = [];
      for (const run of utf8Runs(bytes)) {
        if (typeof run === "string") for (const word of words(run, cut)) for (const token of encoded(word).tokens) tokens.push(token);
        else for (const token of encodedBytes(run).tokens) tokens.push(token);
      }
      return tokens;
    },
    decode(tokens): string {
      // A mark of byte order is a character like any other.
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      let text = "";
      for (const token of tokens) {
        const bytes = bytesOfToken(token);
        text += bytes === undefined ? decoder.decode() + specialNames.get(token)! : decoder.decode(bytes, { stream: true });
      }
      return text + decoder.decode();
    },
    bytes(tokens): Uint8Array {
      const all = tokens.map((token) => bytesOfToken(token) ?? new Uint8Array(0));
      const out = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const bytes of all) {
        out.set(bytes, at);
        at += bytes.length;
      }
      return out;
    },
  };
}

/** Where in a word its tokens lie; what is part of a character lies on the whole of it. */
function placed(word: string, { tokens, lengths }: Encoded): Piece[] {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of word) {
    const code = character.codePointAt(0)!;
    for (let k = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; k > 0; k--) {
      starts.push(at);
      ends.push(at + character.length);
    }
    at += character.length;
  }
  let byte = 0;
  return tokens.map((token, i) => {
    const piece = { token, start: starts[byte]!, end: ends[byte + lengths[i]! - 1]! };
    byte += lengths[i]!;
    return piece;
  });
}

/** Matches the longest name first. */
function anyOf(names: readonly string[]): RegExp {
  const escaped = names.toSorted((a, b) => b.length - a.length).map((name) => name.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`));
  return new RegExp(escaped.join("|"), "gu");
}

function alphabet(
  names: BytePairs["tokens"],
  specials: BytePairs["specials"],
): { readonly vocabulary: number; readonly bytesOf: readonly (Uint8Array | undefined)[]; readonly byteTokens: readonly Token[] } {
  const bytesOf: (Uint8Array | undefined)[] = [];
  const taken = new Set<Token>();
  for (const [name, token] of [...Object.entries(names), ...Object.entries(specials)]) {
    const isSpecial = specials[name] === token;
    // A special token may stand among the others too, as it does in some published files.
    if (taken.has(token) && !isSpecial)
      throw new RangeError(`Cannot make a tokenizer: expected one name for each token, got a second one, "${name}", for ${token}`);
    taken.add(token);
    if (isSpecial) continue;
    const bytes = symbolBytes(name);
    if (bytes === undefined || name === "") throw new RangeError(`Cannot make a tokenizer: expected names of byte symbols, got ${JSON.stringify(name)}`);
    bytesOf[token] = bytes;
  }
  const vocabulary = taken.size;
  for (const token of taken)
    if (!(Number.isInteger(token) && token >= 0 && token < vocabulary))
      throw new RangeError(`Cannot make a tokenizer: expected the tokens 0 … ${vocabulary - 1}, got ${token}`);
  const byteTokens = Array.from({ length: 256 }, (_, byte) => {
    const token = names[symbols([byte])];
    if (token === undefined) throw new RangeError(`Cannot make a tokenizer: expected a token for each byte, got none for ${byte}`);
    return token;
  });
  return { vocabulary, bytesOf, byteTokens };
}

function joinsOf(names: BytePairs["tokens"], merges: BytePairs["merges"]): Joins {
  const size = 1 + Object.values(names).reduce((a, b) => Math.max(a, b), 0);
  const ranks = new Map<number, number>();
  const joined = merges.map(([left, right], rank) => {
    const [a, b, both] = [names[left], names[right], names[left + right]];
    if (a === undefined || b === undefined || both === undefined)
      throw new RangeError(`Cannot make a tokenizer: expected tokens for "${left}", "${right}" and "${left + right}", which are joined`);
    const pair = a * size + b;
    if (!ranks.has(pair)) ranks.set(pair, rank);
    return both;
  });
  return { rank: (left, right) => ranks.get(left * size + right), token: (rank) => joined[rank]! };
}
