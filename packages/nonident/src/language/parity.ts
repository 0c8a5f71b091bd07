import { finiteAutomaton } from "./finite-automaton.ts";
import type { Grammar } from "./grammar.ts";

/**
 * Strings over {0, 1} with an even number of 1's: regular, yet not star-free.
 *
 * @example
 * ```ts
 * import { parity } from "@lab/nonident";
 * [parity().contains([1, 0, 1]), parity().contains([1]), parity().count(10)]; // => [ true, false, 512n ]
 * ```
 */
export function parity(): Grammar {
  return finiteAutomaton({
    transitions: [
      [0, 1],
      [1, 0],
    ],
    accepting: [0],
  });
}
