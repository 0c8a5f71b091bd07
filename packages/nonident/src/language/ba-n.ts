import { finiteAutomaton } from "./finite-automaton.ts";
import type { Grammar } from "./grammar.ts";

/**
 * { bα : α ∈ {a, b}*, an even number of a's }, a = 0, b = 1: regular, the first language of rule extrapolation [Meszaros2024].
 *
 * @example
 * ```ts
 * import { baN } from "@lab/nonident";
 * [baN().contains([1, 0, 1, 0]), baN().viable([0]), baN().count(8)]; // => [ true, false, 64n ]
 * ```
 */
export function baN(): Grammar {
  return finiteAutomaton({
    transitions: [
      [undefined, 1],
      [2, 1],
      [1, 2],
    ],
    accepting: [1],
  });
}
