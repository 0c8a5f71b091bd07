import type { Sequence } from "@lab/tensor-core";
import type { Grammar } from "./grammar.ts";

/** More members than this are not listed. */
const MOST = 2 ** 20;

/**
 * The members of a language of at most so many symbols, by walking its viable prefixes; shorter ones first.
 *
 * With `tabular` they make the uniform distribution over them a model whose conditionals are exact.
 *
 * @throws RangeError for a longest that is no whole number of at least 0, or more than 2²⁰ prefixes of one length
 * @example
 * ```ts
 * import { dyck, members } from "@lab/nonident";
 * members(dyck({ pairs: 1 }), { longest: 4 }); // => [ [], [ 0, 1 ], [ 0, 0, 1, 1 ], [ 0, 1, 0, 1 ] ]
 * ```
 */
export function members(grammar: Grammar, { longest }: { readonly longest: number }): readonly Sequence[] {
  if (!(Number.isInteger(longest) && longest >= 0))
    throw new RangeError(`Cannot list members: expected a longest that is a whole number of at least 0, got ${longest}`);
  const found: Sequence[] = [];
  let layer: readonly Sequence[] = grammar.viable([]) ? [[]] : [];
  for (let length = 0; layer.length > 0; length++) {
    found.push(...layer.filter((prefix) => grammar.contains(prefix)));
    if (length === longest) break;
    layer = layer.flatMap((prefix) => grammar.alphabet.map((token) => [...prefix, token]).filter((next) => grammar.viable(next)));
    if (layer.length > MOST) throw new RangeError(`Cannot list members: expected at most ${MOST} prefixes of one length, got ${layer.length}`);
  }
  return found;
}
