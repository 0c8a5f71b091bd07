import { finiteAutomaton, type FiniteAutomatonOptions } from "./finite-automaton.ts";
import type { Grammar } from "./grammar.ts";

const no = undefined;
/** Minimal automata over {0, 1}. */
const AUTOMATA = {
  1: { transitions: [[no, 0]], accepting: [0] },
  2: {
    transitions: [
      [no, 1],
      [0, no],
    ],
    accepting: [0],
  },
  3: {
    transitions: [
      [0, 1],
      [2, 0],
      [3, no],
      [2, 1],
    ],
    accepting: [0, 1, 3],
  },
  4: {
    transitions: [
      [1, 0],
      [2, 0],
      [no, 0],
    ],
    accepting: [0, 1, 2],
  },
  5: {
    transitions: [
      [1, 2],
      [0, 3],
      [3, 0],
      [2, 1],
    ],
    accepting: [0],
  },
  6: {
    transitions: [
      [1, 2],
      [2, 0],
      [0, 1],
    ],
    accepting: [0],
  },
  7: {
    transitions: [
      [0, 1],
      [2, 1],
      [2, 3],
      [no, 3],
    ],
    accepting: [0, 1, 2, 3],
  },
} as const satisfies Record<number, FiniteAutomatonOptions>;

/**
 * The seven regular languages over {0, 1} on which automata are learnt [Tomita1982]: 1*; (10)*; no odd run of 1's followed at once by an odd run of 0's;
 * no 000; even counts of both symbols; #0 − #1 divisible by 3; 0*1*0*1*.
 *
 * @example
 * ```ts
 * import { tomita } from "@lab/nonident";
 * [tomita(2).contains([1, 0, 1, 0]), tomita(4).contains([0, 0, 0]), tomita(5).count(6)]; // => [ true, false, 32n ]
 * ```
 */
export function tomita(number: 1 | 2 | 3 | 4 | 5 | 6 | 7): Grammar {
  const found = AUTOMATA[number];
  if (found === undefined) throw new RangeError(`Cannot find a language of Tomita: expected 1 to 7, got ${String(number)}`);
  return finiteAutomaton({ ...found, alphabet: [0, 1] });
}
