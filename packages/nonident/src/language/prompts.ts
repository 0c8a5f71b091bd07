import type { Sequence, Token } from "@lab/tensor-core";
import type { Grammar } from "./grammar.ts";

/** Prompts told apart by whether the likelihood constrains what follows them. */
export type Prompts = {
  /** Prefixes of members. */
  readonly inDistribution: readonly Sequence[];
  /** Prefixes of no member: they break a rule already. */
  readonly outOfDistribution: readonly Sequence[];
};

/** More strings than this are not listed. */
const MOST = 2 ** 22;

/**
 * All strings of one length over an alphabet, in lexicographic order.
 *
 * @throws RangeError for a length that is no whole number of at least 0, or more than 2²² strings
 * @example
 * ```ts
 * import { strings } from "@lab/nonident";
 * strings([0, 1], { length: 2 }); // => [ [ 0, 0 ], [ 0, 1 ], [ 1, 0 ], [ 1, 1 ] ]
 * ```
 */
export function strings(alphabet: readonly Token[], { length }: { readonly length: number }): readonly Sequence[] {
  if (!(Number.isInteger(length) && length >= 0))
    throw new RangeError(`Cannot list strings: expected a length that is a whole number of at least 0, got ${length}`);
  const count = alphabet.length ** length;
  if (!(count <= MOST)) throw new RangeError(`Cannot list strings: expected at most ${MOST}, got ${count}`);
  let layer: readonly Sequence[] = [[]];
  for (let i = 0; i < length; i++) layer = layer.flatMap((string) => alphabet.map((token) => [...string, token]));
  return layer;
}

/**
 * All strings of one length, in distribution where some member of the language starts so, else out of it [Meszaros2024].
 *
 * @throws RangeError for a length that is no whole number of at least 0, or more than 2²² strings
 * @example
 * ```ts
 * import { aNbN, prompts } from "@lab/nonident";
 * const { inDistribution, outOfDistribution } = prompts(aNbN(), { length: 8 });
 * [inDistribution.length, outOfDistribution.length]; // => [ 5, 251 ]
 * ```
 */
export function prompts(grammar: Grammar, { length }: { readonly length: number }): Prompts {
  const all = strings(grammar.alphabet, { length });
  return { inDistribution: all.filter(grammar.viable), outOfDistribution: all.filter((prompt) => !grammar.viable(prompt)) };
}
