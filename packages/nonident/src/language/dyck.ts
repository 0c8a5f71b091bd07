import { automaton } from "./automaton.ts";
import type { Grammar } from "./grammar.ts";

/** How many kinds of brackets, checked. */
export function kinds(pairs: number): number {
  if (!(Number.isInteger(pairs) && pairs >= 1)) throw new RangeError(`Cannot bracket strings: expected at least 1 kind of brackets, got ${pairs}`);
  return pairs;
}

/**
 * Dyck-k: correctly nested brackets of k kinds, S → ε | [ᵢ S ]ᵢ S, the empty string among them; kind i opens with 2i and closes with 2i + 1.
 *
 * kⁿ Catalan(n) words have n pairs. Dyck-2 is the fourth language of rule extrapolation [Meszaros2024].
 *
 * @throws RangeError unless pairs is a whole number of at least 1
 * @example
 * ```ts
 * import { dyck } from "@lab/nonident";
 * [0, 2, 4, 6, 8].map((length) => dyck({ pairs: 1 }).count(length)); // => [ 1n, 1n, 2n, 5n, 14n ]
 * ```
 */
export function dyck({ pairs }: { readonly pairs: number }): Grammar {
  type Stack = { readonly depth: number; readonly top: number; readonly below: Stack } | undefined;
  return automaton<{ readonly stack: Stack }>({
    alphabet: Array.from({ length: 2 * kinds(pairs) }, (_, token) => token),
    start: { stack: undefined },
    next({ stack }, token) {
      if (token % 2 === 0) return { stack: { depth: (stack?.depth ?? 0) + 1, top: token / 2, below: stack } };
      return stack !== undefined && stack.top === (token - 1) / 2 ? { stack: stack.below } : undefined;
    },
    accepts: ({ stack }) => stack === undefined,
    name: ({ stack }) => String(stack?.depth ?? 0),
  });
}
