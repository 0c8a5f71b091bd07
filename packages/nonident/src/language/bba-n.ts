import { finiteAutomaton } from "./finite-automaton.ts";
import type { Grammar } from "./grammar.ts";

/**
 * { bⁿa²ᵐ : n ≥ 1, m ≥ 0 }, a = 0, b = 1: regular, the second language of rule extrapolation [Meszaros2024].
 *
 * @example
 * ```ts
 * import { bbaN } from "@lab/nonident";
 * [bbaN().contains([1, 1, 0, 0]), bbaN().contains([1, 0]), bbaN().viable([1, 0]), bbaN().count(8)]; // => [ true, false, true, 4n ]
 * ```
 */
export function bbaN(): Grammar {
  return finiteAutomaton({
    transitions: [
      [undefined, 1],
      [2, 1],
      [3, undefined],
      [2, undefined],
    ],
    accepting: [1, 3],
  });
}
