import type { FiniteAutomatonOptions } from "./finite-automaton.ts";

/** A deterministic automaton with a transition for each state and symbol; state 0 is the start. */
export type CompleteAutomaton = {
  readonly transitions: readonly (readonly number[])[];
  readonly accepting: readonly number[];
};

/**
 * The smallest deterministic automaton of the same language, by refining the partition {F, Q∖F} until states of one class go to one class under each
 * symbol [Moore1956]: a measure of how simple a regular language is.
 *
 * Unreachable states are dropped and states are named in the order in which a breadth-first walk meets them, so that two automata of one language give equal
 * values. It is complete: where a string can be refused for good, one of its states is the refusal, and counts among `transitions.length`.
 * Time O(|Q|² |Σ|).
 *
 * @throws RangeError for a state that is not there, no state at all, or rows of different lengths
 * @example
 * ```ts
 * import { minimalAutomaton } from "@lab/nonident";
 * // The parity of 1's, told by counting to four.
 * const counting = { transitions: [[0, 1], [1, 2], [2, 3], [3, 0]], accepting: [0, 2] };
 * minimalAutomaton(counting).transitions; // => [ [ 0, 1 ], [ 1, 0 ] ]
 * ```
 */
export function minimalAutomaton({ transitions, accepting }: Pick<FiniteAutomatonOptions, "accepting" | "transitions">): CompleteAutomaton {
  const refusal = transitions.length;
  const symbols = transitions[0]?.length;
  if (symbols === undefined) throw new RangeError("Cannot minimise an automaton: expected one state at least, got none");
  for (const row of transitions)
    if (row.length !== symbols) throw new RangeError(`Cannot minimise an automaton: expected rows of ${symbols} transitions, got ${row.length}`);
  for (const state of [...accepting, ...transitions.flat()])
    if (state !== undefined && !(Number.isInteger(state) && state >= 0 && state < refusal))
      throw new RangeError(`Cannot minimise an automaton: expected states below ${refusal}, got ${state}`);
  const complete = [...transitions.map((row) => Array.from(row, (to) => to ?? refusal)), Array.from({ length: symbols }, () => refusal)];
  const ends = new Set(accepting);
  let classes = complete.map((_, state) => Number(ends.has(state)));
  for (let before = 0, now = new Set(classes).size; now > before;) {
    const named = new Map<string, number>();
    const previous = classes;
    classes = complete.map((row, state) => {
      const signature = [previous[state]!, ...row.map((to) => previous[to]!)].join(" ");
      if (!named.has(signature)) named.set(signature, named.size);
      return named.get(signature)!;
    });
    [before, now] = [now, named.size];
  }
  // One state stands for its class; classes are named as the walk meets them.
  const met = new Map([[classes[0]!, 0]]);
  const walk = [0];
  const rows: number[][] = [];
  for (const state of walk)
    rows.push(
      complete[state]!.map((to) => {
        const of = classes[to]!;
        if (!met.has(of)) {
          met.set(of, walk.length);
          walk.push(to);
        }
        return met.get(of)!;
      }),
    );
  return { transitions: rows, accepting: walk.flatMap((state, name) => (ends.has(state) ? [name] : [])) };
}
