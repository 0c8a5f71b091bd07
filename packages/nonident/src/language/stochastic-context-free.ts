import { foldIn, logProbs, uniformNumbers, type Key, type Sequence, type Tabular, type Token } from "@lab/tensor-core";
import { normalForm, type ContextFree, type Production } from "./context-free.ts";
import { inside, leftCorners, prefixWeight } from "./inside-outside.ts";

/** A stochastic context-free grammar: a model, and a source of whole strings. */
export type StochasticContextFree = {
  readonly model: Tabular;
  readonly end: Token;
  /** ln p of a whole string, nats. */
  readonly logProb: (sequence: Sequence) => number;
  /** A string by rewriting the leftmost nonterminal; RangeError where one takes more than a million steps. */
  readonly sample: (key: Key) => Sequence;
};

const SLACK = 1e-9;
const STEPS = 1_000_000;

/**
 * p(v | x) = p(xv…)/p(x…) of a stochastic context-free grammar, by prefix probabilities [Jelinek1991]; the end symbol comes after the alphabet.
 *
 * After prefixes of probability zero the model is uniform. A grammar that loses probability to derivations that never end is refused: its prefixes have
 * none to give.
 *
 * @throws RangeError unless the weights of each nonterminal sum to one, all strings together have probability one, and every nonterminal has productions
 * @example
 * ```ts
 * import { stochasticContextFree } from "@lab/nonident";
 * const rules = [{ left: "S", right: [0, "S", 1], weight: 0.25 }, { left: "S", right: [0, 1], weight: 0.75 }];
 * const { model, logProb } = stochasticContextFree({ start: "S", productions: rules });
 * [Math.exp(logProb([0, 0, 1, 1])), Math.exp(model.logProbs([0])[0]!)].map((p) => p.toFixed(4)); // => [ '0.1875', '0.2500' ]
 * ```
 */
export function stochasticContextFree({ start, productions }: ContextFree): StochasticContextFree {
  const of = grouped(productions);
  for (const [left, rules] of of) {
    const total = rules.reduce((sum, { weight = 1 }) => sum + weight, 0);
    if (!(Math.abs(total - 1) <= SLACK)) throw new RangeError(`Cannot make a stochastic grammar: expected weights of ${left} that sum to 1, got ${total}`);
  }
  const grammar = normalForm({ start, productions });
  const corners = leftCorners(grammar);
  const all = corners.totals[0]! + grammar.empty;
  // The iteration to the totals of a critical grammar slows down: its error is the root of a rounding.
  if (!(Math.abs(all - 1) <= 1e-6)) throw new RangeError(`Cannot make a stochastic grammar: expected strings of total probability 1, got ${all}`);
  const end = Math.max(-1, ...grammar.alphabet) + 1;
  const weight = (sequence: Sequence): number => (sequence.length === 0 ? grammar.empty : inside(grammar, sequence)[0]![sequence.length]![0]!);
  const sample = (key: Key): Sequence => {
    const ahead: (string | Token)[] = [start];
    const sequence: Token[] = [];
    for (let step = 0; step < STEPS; step++) {
      const symbol = ahead.pop();
      if (symbol === undefined) return sequence;
      if (typeof symbol === "number") {
        sequence.push(symbol);
        continue;
      }
      const rules = of.get(symbol)!;
      let left = uniformNumbers(foldIn(key, step), 1)[0]!;
      const chosen = rules.find(({ weight: share = 1 }) => (left -= share) < 0) ?? rules.at(-1)!;
      ahead.push(...chosen.right.toReversed());
    }
    throw new RangeError(`Cannot sample a string: expected at most ${STEPS} steps`);
  };
  return {
    end,
    logProb: (sequence) => Math.log(weight(sequence)),
    sample,
    model: {
      vocabulary: end + 1,
      logProbs(prefix) {
        const next = Float64Array.from({ length: end + 1 }, (_, token) =>
          token === end ? weight(prefix) : prefixWeight(grammar, [...prefix, token], corners),
        );
        return logProbs(next.some((p) => p > 0) ? next.map(Math.log) : new Float64Array(end + 1));
      },
    },
  };
}

function grouped(productions: readonly Production[]): Map<string, Production[]> {
  const groups = new Map<string, Production[]>();
  for (const production of productions) groups.set(production.left, [...(groups.get(production.left) ?? []), production]);
  return groups;
}
