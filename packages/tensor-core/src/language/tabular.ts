import { logProbs, type Autoregressive, type LogProbs } from "./autoregressive.ts";
import type { Sequence, Token } from "./token.ts";

/** A model that answers at once. */
export interface Tabular extends Autoregressive {
  logProbs(prefix: Sequence): LogProbs;
}
export type TabularOptions = {
  readonly vocabulary: number;
  /** The symbol that closes a sequence. */
  readonly end: Token;
  /** Probabilities after prefixes of probability zero, which the distribution leaves free: uniform unless told. */
  readonly elsewhere?: (prefix: Sequence) => ArrayLike<number>;
};

/** Rounding that weights may sum to one within. */
const SLACK = 1e-9;

/**
 * p(v | x) = p(xv…)/p(x…): the conditionals of a finite distribution over sequences, exact. Where p(x…) = 0 they are free, and given by `elsewhere`.
 *
 * @throws RangeError unless the probabilities are not negative and sum to one, and every token lies in the vocabulary and is not the end symbol
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * const model = tabular([[[0], 0.25], [[0, 1], 0.75]], { vocabulary: 3, end: 2 });
 * [...model.logProbs([0])].map(Math.exp).map((p) => p.toFixed(2)); // => [ '0.00', '0.75', '0.25' ]
 * ```
 */
export function tabular(
  sequences: readonly (readonly [sequence: Sequence, probability: number])[],
  { vocabulary, end, elsewhere = () => new Float64Array(vocabulary).fill(1) }: TabularOptions,
): Tabular {
  if (!(Number.isInteger(vocabulary) && end >= 0 && end < vocabulary))
    throw new RangeError(`Cannot tabulate sequences: expected an end symbol in a vocabulary of ${vocabulary}, got ${end}`);
  const weights = new Map<string, Float64Array>();
  let sum = 0;
  for (const [sequence, probability] of sequences) {
    const stray = sequence.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary) || token === end);
    if (stray !== undefined)
      throw new RangeError(`Cannot tabulate sequences: expected tokens below ${vocabulary} other than the end symbol ${end}, got ${stray}`);
    if (!(probability >= 0)) throw new RangeError(`Cannot tabulate sequences: expected probabilities of at least 0, got ${probability}`);
    sum += probability;
    [...sequence, end].forEach((token, t) => {
      const name = sequence.slice(0, t).join();
      const row = weights.get(name) ?? new Float64Array(vocabulary);
      row[token]! += probability;
      weights.set(name, row);
    });
  }
  if (!(Math.abs(sum - 1) <= SLACK)) throw new RangeError(`Cannot tabulate sequences: expected probabilities that sum to 1, got ${sum}`);
  return {
    vocabulary,
    logProbs(prefix) {
      const row = weights.get(prefix.join());
      return logProbs(Array.from(row !== undefined && row.some((weight) => weight > 0) ? row : elsewhere(prefix), Math.log));
    },
  };
}
