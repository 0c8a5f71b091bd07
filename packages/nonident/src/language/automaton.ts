import type { Key, Sequence, Token } from "@lab/tensor-core";
import type { Grammar } from "./grammar.ts";
import { uniformWholeNumber } from "./uniform-whole-number.ts";

/** A deterministic recogniser, of finitely or infinitely many states. */
export type Transitions<State> = {
  readonly alphabet: readonly Token[];
  readonly start: State;
  /** The state after one more symbol, or undefined where no member goes on so. Every state that it returns must lead to a member. */
  readonly next: (state: State, token: Token) => State | undefined;
  readonly accepts: (state: State) => boolean;
  /** States of one name have equally many continuations of each length, symbol by symbol: the depth of a stack, not what lies on it. */
  readonly name: (state: State) => string;
};

/**
 * The language that a deterministic automaton accepts, { x : δ(s₀, x) accepting }, with counts by dynamic programming and uniform strings of a length
 * by walking the counts down [Hickey1983].
 *
 * A prefix is viable where its state is defined, which holds if every state that `next` returns leads to a member. Counts are exact whole numbers.
 * Time and memory of a count grow with the number of names reached times the length.
 *
 * @throws RangeError, when counting or sampling, for a length that is no whole number of at least 0, or that no member has
 * @example
 * ```ts
 * import { automaton } from "@lab/nonident";
 * const evenOnes = automaton({ alphabet: [0, 1], start: 0, next: (odd, t) => odd ^ t, accepts: (odd) => odd === 0, name: String });
 * [evenOnes.contains([1, 0, 1]), evenOnes.count(5)]; // => [ true, 16n ]
 * ```
 */
export function automaton<State>({ alphabet, start, next, accepts, name }: Transitions<State>): Grammar {
  const known = new Set(alphabet);
  const after = (sequence: Sequence): State | undefined =>
    sequence.reduce<State | undefined>((state, token) => (state === undefined || !known.has(token) ? undefined : next(state, token)), start);
  const counts = new Map<string, bigint>();
  const remembered = (state: State, length: number): bigint | undefined => counts.get(`${length} ${name(state)}`);
  const successors = (state: State): readonly State[] =>
    alphabet.map((token) => next(state, token)).filter((successor): successor is State => successor !== undefined);
  // An explicit stack: a recursion would be as deep as the string is long.
  const ways = (first: State, total: number): bigint => {
    const ahead: { readonly state: State; readonly length: number }[] = [{ state: first, length: total }];
    for (let top = ahead.at(-1); top !== undefined; top = ahead.at(-1)) {
      const { state, length } = top;
      if (remembered(state, length) === undefined) {
        const following = length === 0 ? [] : successors(state);
        const missing = following.filter((successor) => remembered(successor, length - 1) === undefined);
        if (missing.length > 0) {
          ahead.push(...missing.map((successor) => ({ state: successor, length: length - 1 })));
          continue;
        }
        const found = length === 0 ? BigInt(accepts(state)) : following.reduce((sum, successor) => sum + remembered(successor, length - 1)!, 0n);
        counts.set(`${length} ${name(state)}`, found);
      }
      ahead.pop();
    }
    return remembered(first, total)!;
  };
  const checked = (length: number): number => {
    if (!(Number.isInteger(length) && length >= 0))
      throw new RangeError(`Cannot count strings: expected a length that is a whole number of at least 0, got ${length}`);
    return length;
  };
  return {
    alphabet,
    contains(sequence) {
      const state = after(sequence);
      return state !== undefined && accepts(state);
    },
    viable: (prefix) => after(prefix) !== undefined,
    count: (length) => ways(start, checked(length)),
    sample(key: Key, { length }) {
      const members = ways(start, checked(length));
      if (members === 0n) throw new RangeError(`Cannot sample a string: no member has length ${length}`);
      let rank = uniformWholeNumber(key, members);
      let state = start;
      const sequence: Token[] = [];
      while (sequence.length < length) {
        for (const token of alphabet) {
          const successor = next(state, token);
          if (successor === undefined) continue;
          const below = ways(successor, length - sequence.length - 1);
          if (rank < below) {
            sequence.push(token);
            state = successor;
            break;
          }
          rank -= below;
        }
      }
      return sequence;
    },
  };
}
