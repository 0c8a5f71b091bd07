import { automaton } from "./automaton.ts";
import { kinds } from "./dyck.ts";
import type { Grammar } from "./grammar.ts";

/**
 * The shuffle of k languages Dyck-1: brackets of each kind balanced, the kinds free to cross; kind i opens with 2i and closes with 2i + 1.
 *
 * Context-sensitive for k ≥ 2; with k = 2 the sixth language of rule extrapolation [Meszaros2024].
 *
 * @throws RangeError unless pairs is a whole number of at least 1
 * @example
 * ```ts
 * import { dyck, shuffledDyck } from "@lab/nonident";
 * const crossing = [0, 2, 1, 3];
 * [shuffledDyck({ pairs: 2 }).contains(crossing), dyck({ pairs: 2 }).contains(crossing)]; // => [ true, false ]
 * ```
 */
export function shuffledDyck({ pairs }: { readonly pairs: number }): Grammar {
  return automaton<readonly number[]>({
    alphabet: Array.from({ length: 2 * kinds(pairs) }, (_, token) => token),
    start: new Array<number>(pairs).fill(0),
    next(open, token) {
      const next = open.with(token >> 1, open[token >> 1]! + (token % 2 === 0 ? 1 : -1));
      return next[token >> 1]! >= 0 ? next : undefined;
    },
    accepts: (open) => open.every((count) => count === 0),
    // Kinds are alike: how many are open of each, in any order, decides how many ways there are.
    name: (open) => open.toSorted((x, y) => x - y).join(),
  });
}
