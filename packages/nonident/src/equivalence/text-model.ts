import { logProbs, logSumExp, type Autoregressive, type Sequence, type Token } from "@lab/tensor-core";

export type TextModelOptions = {
  /** The text of each token; "" of the end symbol. */
  readonly pieces: readonly string[];
  readonly end: Token;
  /** The symbols of the common text, in the order of the new vocabulary; its end symbol comes last. */
  readonly alphabet: readonly string[];
  /** The most tokenizations of one prefix: RangeError beyond. */
  readonly most?: number;
};

/**
 * p(c | x) over characters, of a model over tokens: Σ over **all** token sequences whose text covers x, those a tokenizer would never write included
 * [Vieira2025]. Models of different tokenizers become models of one vocabulary, which every divergence of this package compares as texts.
 *
 * Exact: the covers of a prefix, token sequences whose last token reaches its end, are enumerated, of which there may be exponentially many. The new
 * vocabulary is `alphabet` and then the end symbol.
 *
 * @throws RangeError for pieces that are not one for each token, an end symbol that has text, other tokens without one, symbols that are not single
 * characters, and, when asked, more covers than `most` or characters that the alphabet lacks
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { textModel } from "@lab/nonident";
 * // "ab" as one token or as two.
 * const tokens = tabular([[[2], 0.5], [[0, 1], 0.25], [[0], 0.25]], { vocabulary: 4, end: 3 });
 * const text = textModel(tokens, { pieces: ["a", "b", "ab", ""], end: 3, alphabet: ["a", "b"] });
 * [...(await text.logProbs([0]))].map((l) => Math.exp(l).toFixed(2)); // => [ '0.00', '0.75', '0.25' ]
 * ```
 */
export function textModel(model: Autoregressive, { pieces, end, alphabet, most = 100_000 }: TextModelOptions): Autoregressive {
  if (pieces.length !== model.vocabulary || pieces.some((piece, token) => (piece === "") !== (token === end)))
    throw new RangeError(`Cannot read tokens as text: expected a text for each of ${model.vocabulary} tokens, and none for the end symbol ${end}`);
  const symbols = new Map(alphabet.map((character, symbol) => [character, symbol]));
  if (symbols.size !== alphabet.length || alphabet.some((character) => [...character].length !== 1))
    throw new RangeError(`Cannot read tokens as text: expected an alphabet of single characters, all different, got ${alphabet.join(" ")}`);
  const spelled = pieces.map((piece) => [...piece].map((character) => symbols.get(character)));
  const closing = alphabet.length;
  return {
    vocabulary: closing + 1,
    async logProbs(prefix: Sequence) {
      const shares: number[][] = Array.from({ length: closing + 1 }, () => []);
      // Token sequences whose text begins the prefix, with where they end in it.
      const ahead: { readonly tokens: Sequence; readonly at: number; readonly logProb: number }[] = [{ tokens: [], at: 0, logProb: 0 }];
      let covers = 0;
      for (let top = ahead.pop(); top !== undefined; top = ahead.pop()) {
        const { tokens, at, logProb } = top;
        covers += 1;
        if (covers > most) throw new RangeError(`Cannot read tokens as text: expected at most ${most} tokenizations of a prefix, got more`);
        const next = await model.logProbs(tokens);
        for (let token = 0; token < next.length; token++) {
          const reached = logProb + next[token]!;
          if (reached === -Infinity) continue;
          if (token === end) {
            if (at === prefix.length) shares[closing]!.push(reached);
            continue;
          }
          const text = spelled[token]!;
          const left = prefix.length - at;
          if (text.slice(0, left).some((symbol, i) => symbol !== prefix[at + i])) continue;
          if (text.length <= left) {
            ahead.push({ tokens: [...tokens, token], at: at + text.length, logProb: reached });
            continue;
          }
          const following = text[left];
          if (following === undefined) throw new RangeError(`Cannot read tokens as text: expected an alphabet with every character of "${pieces[token]!}"`);
          shares[following]!.push(reached);
        }
      }
      const totals = shares.map(logSumExp);
      return logProbs(totals.some((l) => l > -Infinity) ? totals : new Float64Array(closing + 1));
    },
  };
}
