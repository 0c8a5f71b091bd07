import { logProbs, type Sequence, type Tabular, type Token } from "@lab/tensor-core";
import { tokenKl } from "./compared.ts";

/** A probabilistic deterministic finite automaton: state 0 is the start, the last token of its vocabulary ends a sequence. */
export type ProbabilisticAutomaton = {
  /** `next[state][token]` of every token but the end symbol: the state after it, or undefined where it cannot come. */
  readonly next: readonly (readonly (number | undefined)[])[];
  /** `probabilities[state][token]`, the end symbol last: rows sum to one. */
  readonly probabilities: readonly (readonly number[])[];
};

const SLACK = 1e-9;

function checked({ next, probabilities }: ProbabilisticAutomaton): number {
  const vocabulary = probabilities[0]?.length ?? 0;
  if (vocabulary < 1 || next.length !== probabilities.length)
    throw new RangeError(`Cannot read an automaton: expected rows of ${next.length} states, got ${probabilities.length}`);
  probabilities.forEach((row, state) => {
    const total = row.reduce((x, y) => x + y, 0);
    if (!(row.length === vocabulary && row.every((x) => x >= 0) && Math.abs(total - 1) <= SLACK))
      throw new RangeError(`Cannot read an automaton: expected ${vocabulary} probabilities of state ${state} that sum to 1, got a sum of ${total}`);
    for (let token = 0; token + 1 < vocabulary; token++) {
      const to = next[state]![token];
      if (to === undefined ? row[token]! > 0 : !(Number.isInteger(to) && to >= 0 && to < next.length))
        throw new RangeError(`Cannot read an automaton: expected a state after token ${token} of state ${state}, got ${String(to)}`);
    }
  });
  return vocabulary;
}

/**
 * The automaton as a model, p(v | x) = p(v | δ(0, x)); uniform after prefixes that it excludes.
 *
 * @throws RangeError for rows that are no probabilities, or transitions to states that are not there
 * @example
 * ```ts
 * import { automatonModel } from "@lab/nonident";
 * const geometric = { next: [[0]], probabilities: [[0.75, 0.25]] };
 * [...automatonModel(geometric).logProbs([0, 0])].map(Math.exp); // => [ 0.75, 0.25 ]
 * ```
 */
export function automatonModel(automaton: ProbabilisticAutomaton): Tabular {
  const vocabulary = checked(automaton);
  const rows = automaton.probabilities.map((row) => logProbs(row.map(Math.log)));
  const after = (prefix: Sequence): number | undefined =>
    prefix.reduce<number | undefined>((state, token: Token) => {
      if (state === undefined || !(automaton.probabilities[state]![token]! > 0)) return undefined;
      return automaton.next[state]![token];
    }, 0);
  return {
    vocabulary,
    logProbs(prefix) {
      const state = after(prefix);
      return state === undefined ? logProbs(new Float64Array(vocabulary)) : rows[state]!;
    },
  };
}

/**
 * KL(p ‖ q) = Σ_{s,t} V(s, t) KL(p(· | s) ‖ q(· | t)), V the expected visits of pairs of states under p, V = e + Vᵀ T, solved exactly: nats per sequence,
 * of **all** lengths, with no cut [Cover2006, Theorem 2.5.3].
 *
 * Infinite where q excludes what p allows. Hidden Markov models have no such closed form: their states are not known from the prefix. They are compared
 * by enumeration, as models of `hiddenMarkovMixture`.
 *
 * @throws RangeError for different vocabularies, automata that are none, or where p need not end
 * @example
 * ```ts
 * import { automatonKl } from "@lab/nonident";
 * const geometric = (r: number) => ({ next: [[0]], probabilities: [[r, 1 - r]] });
 * // ln((1 − r)/(1 − s)) + r/(1 − r) ln(r/s)
 * automatonKl(geometric(0.5), geometric(0.6)).toFixed(10); // => '0.0408219945'
 * ```
 */
export function automatonKl(p: ProbabilisticAutomaton, q: ProbabilisticAutomaton): number {
  const [vocabulary, other] = [checked(p), checked(q)];
  if (vocabulary !== other) throw new RangeError(`Cannot compare automata: expected one vocabulary, got ${vocabulary} and ${other}`);
  const places = new Map<string, number>([["0 0", 0]]);
  const pairs: (readonly [number, number])[] = [[0, 0]];
  const arcs: (readonly [from: number, to: number, share: number])[] = [];
  for (let i = 0; i < pairs.length; i++) {
    const [s, t] = pairs[i]!;
    for (let token = 0; token + 1 < vocabulary; token++) {
      const share = p.probabilities[s]![token]!;
      if (share === 0) continue;
      if (!(q.probabilities[t]![token]! > 0)) return Infinity;
      const to = [p.next[s]![token]!, q.next[t]![token]!] as const;
      const name = to.join(" ");
      if (!places.has(name)) {
        places.set(name, pairs.length);
        pairs.push(to);
      }
      arcs.push([i, places.get(name)!, share]);
    }
  }
  const visits = expectedVisits(pairs.length, arcs);
  const logs = (row: readonly number[]): number[] => row.map(Math.log);
  return pairs.reduce((sum, [s, t], i) => sum + visits[i]! * tokenKl(logs(p.probabilities[s]!), logs(q.probabilities[t]!)), 0);
}

/** Solves V = e₀ + Tᵀ V by Gaussian elimination with the largest pivot of each column. */
function expectedVisits(size: number, arcs: readonly (readonly [number, number, number])[]): Float64Array {
  const rows = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(size + 1);
    row[i] = 1;
    row[size] = i === 0 ? 1 : 0;
    return row;
  });
  for (const [from, to, share] of arcs) rows[to]![from]! -= share;
  for (let k = 0; k < size; k++) {
    const pivot = rows.reduce((best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    const leading = rows[k]!;
    // A class of states that p never leaves makes the system singular.
    if (!(Math.abs(leading[k]!) > 1e-14)) throw new RangeError("Cannot compare automata: expected sequences of p that end with probability 1");
    rows.forEach((row, i) => {
      if (i === k || row[k] === 0) return;
      const factor = row[k]! / leading[k]!;
      for (let j = k; j <= size; j++) row[j]! -= factor * leading[j]!;
    });
  }
  return Float64Array.from(rows, (row, i) => row[size]! / row[i]!);
}
