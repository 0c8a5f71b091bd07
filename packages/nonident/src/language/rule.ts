import type { Sequence, Token } from "@lab/tensor-core";

/** A predicate of strings: a language is what a set of rules leaves. */
export type Rule = {
  readonly name: string;
  readonly holds: (sequence: Sequence) => boolean;
};

const times = (sequence: Sequence, token: Token): number => sequence.reduce((count, t) => count + Number(t === token), 0);

/**
 * The rule that all the rules hold: { x : r₁(x) ∧ … ∧ rₖ(x) }, of no rules the language of all strings.
 *
 * @example
 * ```ts
 * import { before, equallyMany, every } from "@lab/nonident";
 * const rule = every([equallyMany([0, 1]), before(0, 1)]);
 * [rule.holds([0, 0, 1, 1]), rule.holds([0, 1, 0, 1])]; // => [ true, false ]
 * ```
 */
export function every(rules: readonly Rule[]): Rule {
  return { name: rules.map(({ name }) => name).join(" and "), holds: (sequence) => rules.every(({ holds }) => holds(sequence)) };
}

/**
 * The rule that one of the rules holds at least: r₁(x) ∨ … ∨ rₖ(x).
 *
 * @example
 * ```ts
 * import { beginsWith, some } from "@lab/nonident";
 * some([beginsWith(0), beginsWith(2)]).holds([1]); // => false
 * ```
 */
export function some(rules: readonly Rule[]): Rule {
  return { name: rules.map(({ name }) => name).join(" or "), holds: (sequence) => rules.some(({ holds }) => holds(sequence)) };
}

/**
 * The rule that another does not hold: ¬r(x).
 *
 * @example
 * ```ts
 * import { beginsWith, not } from "@lab/nonident";
 * not(beginsWith(0)).holds([1]); // => true
 * ```
 */
export function not({ name, holds }: Rule): Rule {
  return { name: `not ${name}`, holds: (sequence) => !holds(sequence) };
}

/**
 * The rule on what follows a prompt of so many symbols: r(x_{k+1} x_{k+2} …).
 *
 * @throws RangeError unless the prompt's length is a whole number of at least 0
 * @example
 * ```ts
 * import { before, onCompletion } from "@lab/nonident";
 * [before(0, 1), onCompletion(before(0, 1), 2)].map(({ holds }) => holds([1, 0, 0, 1])); // => [ false, true ]
 * ```
 */
export function onCompletion({ name, holds }: Rule, prompt: number): Rule {
  if (!(Number.isInteger(prompt) && prompt >= 0)) throw new RangeError(`Cannot split a completion off: expected a prompt of at least 0 symbols, got ${prompt}`);
  return { name: `${name}, on the completion`, holds: (sequence) => holds(sequence.slice(prompt)) };
}

/**
 * Equal counts of each of the symbols: #s₁ = #s₂ = …; R1 of aⁿbⁿ and of aⁿbⁿcⁿ [Reizinger2024].
 *
 * @example
 * ```ts
 * import { equallyMany } from "@lab/nonident";
 * [[0, 0, 1, 0, 1], [0, 1, 1, 0]].map(equallyMany([0, 1]).holds); // => [ false, true ]
 * ```
 */
export function equallyMany(tokens: readonly Token[]): Rule {
  return { name: "equally many", holds: (sequence) => new Set(tokens.map((token) => times(sequence, token))).size <= 1 };
}

/**
 * Exactly `ratio` times as many of one symbol as of another: #x = ratio · #y.
 *
 * @example
 * ```ts
 * import { timesAsMany } from "@lab/nonident";
 * [[0, 0, 1, 0, 1], [1, 0, 0, 0, 0, 1]].map(timesAsMany(2, [0, 1]).holds); // => [ false, true ]
 * ```
 */
export function timesAsMany(ratio: number, [x, y]: readonly [Token, Token]): Rule {
  return { name: `${ratio} times as many`, holds: (sequence) => times(sequence, x) === ratio * times(sequence, y) };
}

/**
 * At least as many of the first symbol as of the second: #x ≥ #y.
 *
 * @example
 * ```ts
 * import { atLeastAsMany } from "@lab/nonident";
 * [[1, 1, 2, 2], [2, 1, 1], [0, 0, 2]].map(atLeastAsMany(1, 2).holds); // => [ true, true, false ]
 * ```
 */
export function atLeastAsMany(x: Token, y: Token): Rule {
  return { name: "at least as many", holds: (sequence) => times(sequence, x) >= times(sequence, y) };
}

/**
 * Every x before every y; true where one of them is absent: R2 of aⁿbⁿ [Reizinger2024].
 *
 * @example
 * ```ts
 * import { before } from "@lab/nonident";
 * [[0, 0, 1, 0, 1], [0, 0, 1, 1], [1, 1], [0, 0]].map(before(0, 1).holds); // => [ false, true, true, true ]
 * ```
 */
export function before(x: Token, y: Token): Rule {
  return {
    name: "before",
    holds(sequence) {
      const first = sequence.indexOf(y);
      return first < 0 || sequence.lastIndexOf(x) < first;
    },
  };
}

/**
 * The symbol occurs, and its occurrences are neighbours.
 *
 * @example
 * ```ts
 * import { together } from "@lab/nonident";
 * [[0, 0, 1, 0, 1], [0, 0, 1, 1, 0, 0], [1, 1], [0, 0]].map(together(1).holds); // => [ false, true, true, false ]
 * ```
 */
export function together(token: Token): Rule {
  return {
    name: "together",
    holds(sequence) {
      const first = sequence.indexOf(token);
      return first >= 0 && sequence.lastIndexOf(token) - first + 1 === times(sequence, token);
    },
  };
}

/**
 * The symbol's occurrences are neighbours and as many other symbols stand before them as after.
 *
 * @example
 * ```ts
 * import { middle } from "@lab/nonident";
 * [[0, 0, 1, 0, 1], [0, 0, 1, 1, 0, 0], [1, 1], [0, 0]].map(middle(1).holds); // => [ false, true, true, false ]
 * ```
 */
export function middle(token: Token): Rule {
  const { holds } = together(token);
  return {
    name: "in the middle",
    holds: (sequence) => holds(sequence) && sequence.indexOf(token) === sequence.length - 1 - sequence.lastIndexOf(token),
  };
}

/**
 * More x's before the first y than after it; needs an x.
 *
 * @example
 * ```ts
 * import { moreBefore } from "@lab/nonident";
 * [[0, 0, 1, 0, 1], [0, 1, 0, 1, 0, 0], [0, 0, 1, 1], [1, 1], [0, 0]].map(moreBefore(0, 1).holds); // => [ true, false, true, false, true ]
 * ```
 */
export function moreBefore(x: Token, y: Token): Rule {
  return {
    name: "more before",
    holds(sequence) {
      const first = sequence.indexOf(y);
      const head = first < 0 ? sequence : sequence.slice(0, first);
      return times(head, x) > times(sequence, x) - times(head, x);
    },
  };
}

/**
 * An even number of the symbol in the whole string: R1 of bα [Meszaros2024].
 *
 * @example
 * ```ts
 * import { evenCount } from "@lab/nonident";
 * [[1, 0, 0], [0, 0, 1, 0], [0, 1, 1, 1]].map(evenCount(0).holds); // => [ true, false, false ]
 * ```
 */
export function evenCount(token: Token): Rule {
  return { name: "even count", holds: (sequence) => times(sequence, token) % 2 === 0 };
}

/**
 * An even number of x's after the last y, or in all where there is no y: R1 of bⁿa²ᵐ [Meszaros2024].
 *
 * @example
 * ```ts
 * import { evenAtEnd } from "@lab/nonident";
 * [[1, 0, 0], [0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]].map(evenAtEnd(0, 1).holds); // => [ true, false, false, true, true ]
 * ```
 */
export function evenAtEnd(x: Token, y: Token): Rule {
  return { name: "even at the end", holds: (sequence) => times(sequence.slice(sequence.lastIndexOf(y) + 1), x) % 2 === 0 };
}

/**
 * The string begins with the symbol: R2 of bα [Meszaros2024].
 *
 * @example
 * ```ts
 * import { beginsWith } from "@lab/nonident";
 * [[1, 0, 0], [0, 0, 1]].map(beginsWith(1).holds); // => [ true, false ]
 * ```
 */
export function beginsWith(token: Token): Rule {
  return { name: "begins with", holds: (sequence) => sequence[0] === token };
}

/**
 * The symbol occurs.
 *
 * @example
 * ```ts
 * import { occurs } from "@lab/nonident";
 * [[1, 0], [0]].map(occurs(1).holds); // => [ true, false ]
 * ```
 */
export function occurs(token: Token): Rule {
  return { name: "occurs", holds: (sequence) => sequence.includes(token) };
}

/**
 * Brackets of one kind balanced, whatever lies between: as many closed as opened, and never more closed than opened.
 *
 * @example
 * ```ts
 * import { balanced } from "@lab/nonident";
 * [[0, 2, 1, 3], [1, 0]].map(balanced(0, 1).holds); // => [ true, false ]
 * ```
 */
export function balanced(opening: Token, closing: Token): Rule {
  return {
    name: "balanced",
    holds(sequence) {
      let open = 0;
      for (const token of sequence) {
        open += Number(token === opening) - Number(token === closing);
        if (open < 0) return false;
      }
      return open === 0;
    },
  };
}
