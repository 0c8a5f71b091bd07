import type { Sequence, Token } from "@lab/tensor-core";
import { automaton } from "./automaton.ts";
import type { Grammar } from "./grammar.ts";

export type FiniteAutomatonOptions = {
  /** `transitions[state][i]` is the state after symbol `alphabet[i]`, or undefined where the string is refused. State 0 is the start. */
  readonly transitions: readonly (readonly (number | undefined)[])[];
  readonly accepting: readonly number[];
  /** 0, 1, … unless told. */
  readonly alphabet?: readonly Token[];
};

/**
 * The regular language of a deterministic finite automaton (Q, Σ, δ, 0, F). States from which no accepting one is reached count as refusals, so that
 * a prefix is viable exactly where some member starts so.
 *
 * @throws RangeError for a state that is not there, or rows of a length other than the alphabet's
 * @example
 * ```ts
 * import { finiteAutomaton } from "@lab/nonident";
 * // (ab)*
 * const language = finiteAutomaton({ transitions: [[1, undefined], [undefined, 0]], accepting: [0] });
 * [language.contains([0, 1, 0, 1]), language.viable([0, 1, 0]), language.count(6)]; // => [ true, true, 1n ]
 * ```
 */
export function finiteAutomaton({ transitions, accepting, alphabet = transitions[0]?.map((_, i) => i) ?? [] }: FiniteAutomatonOptions): Grammar {
  const isState = (state: number): boolean => Number.isInteger(state) && state >= 0 && state < transitions.length;
  for (const state of [...accepting, ...transitions.flat().filter((s) => s !== undefined)])
    if (!isState(state)) throw new RangeError(`Cannot make an automaton: expected states below ${transitions.length}, got ${state}`);
  for (const row of transitions)
    if (row.length !== alphabet.length)
      throw new RangeError(`Cannot make an automaton: expected one transition for each of ${alphabet.length} symbols, got ${row.length}`);
  const live = new Set(accepting);
  for (let before = -1; before !== live.size;) {
    before = live.size;
    transitions.forEach((row, state) => {
      if (row.some((to) => to !== undefined && live.has(to))) live.add(state);
    });
  }
  const place = new Map(alphabet.map((token, i) => [token, i]));
  const language = automaton<number>({
    alphabet,
    start: 0,
    next(state, token) {
      const to = transitions[state]![place.get(token)!];
      return to !== undefined && live.has(to) ? to : undefined;
    },
    accepts: (state) => accepting.includes(state),
    name: String,
  });
  // Of the empty language not even the empty prefix is viable.
  return live.has(0) ? language : { ...language, viable: (_: Sequence) => false };
}
