import { foldIn, key, type Key, type Sequence } from "@lab/tensor-core";
import { aNbNcN } from "./a-n-b-n-c-n.ts";
import { aNbN } from "./a-n-b-n.ts";
import { baN } from "./ba-n.ts";
import { bbaN } from "./bba-n.ts";
import { dyck } from "./dyck.ts";
import type { Grammar } from "./grammar.ts";
import { prompts, type Prompts } from "./prompts.ts";
import { balanced, before, beginsWith, equallyMany, evenAtEnd, evenCount, every, occurs, onCompletion, type Rule } from "./rule.ts";
import { shuffledDyck } from "./shuffled-dyck.ts";
import { uniformWholeNumber } from "./uniform-whole-number.ts";

/** A language of the study of rule extrapolation: its two rules, and the prompts that keep or break the second. */
export type ExtrapolationLanguage = {
  readonly id: "L1" | "L2" | "L3" | "L4" | "L5" | "L6";
  readonly name: string;
  readonly chomsky: "regular" | "context-free" | "context-sensitive";
  readonly grammar: Grammar;
  /** The rule that out-of-distribution prompts leave open. */
  readonly r1: Rule;
  /** The rule that out-of-distribution prompts break. */
  readonly r2: Rule;
  /** R2 on what follows the prompt. */
  readonly r2Completion: Rule;
  readonly promptLength: number;
  /** The study's prompts; those of L2, L4 and L6 are drawn. */
  readonly prompts: (key?: Key) => Prompts;
};

const DRAWN = 128;
const BRACKETED = 32;
const [A, B] = [0, 1];
const PARENTHESES = [0, 1] as const;
const BRACKETS = [2, 3] as const;

/** bⁱaʲ of one length, i and j at least 1, i drawn evenly: with repetitions, as in the study. */
function drawnRuns(drawn: Key, length: number): Sequence {
  const i = 1 + Number(uniformWholeNumber(drawn, BigInt(length - 1)));
  return Array.from({ length }, (_, t) => (t < i ? B : A));
}

function bracketed(drawn: Key): Prompts {
  const nested = dyck({ pairs: 2 });
  const of = (first: number, offset: number): readonly Sequence[] =>
    Array.from({ length: BRACKETED }, (_, i) => [first, BRACKETS[0], ...nested.sample(foldIn(drawn, offset + i), { length: 6 })]);
  return { inDistribution: of(PARENTHESES[0], 0), outOfDistribution: of(PARENTHESES[1], BRACKETED) };
}

const paired = {
  r1: balanced(...BRACKETS),
  r2: balanced(...PARENTHESES),
  // The first symbol of the prompt is the one that breaks the rule; the next is a bracket.
  r2Completion: onCompletion(balanced(...PARENTHESES), 2),
  promptLength: 8,
  prompts: (drawn: Key = key(0)) => bracketed(drawn),
};

/**
 * The six languages of rule extrapolation, each an intersection of two rules, with the study's prompts [Meszaros2024]; a = 0, b = 1, c = 2, and
 * ( = 0, ) = 1, [ = 2, ] = 3.
 *
 * L1, L3 and L5 take all strings of the prompt's length. L2 draws 128 bⁱaʲ of length 8 and 128 a·bⁱaʲ; L4 and L6 draw 32 "([w" and 32 ")[w" with w a
 * nested word of 6 brackets, here all such words equally likely. R1 and R2 of L4 are conditions of a shuffle: L4 is nested on top of them, L6 is
 * exactly their intersection.
 *
 * @example
 * ```ts
 * import { extrapolationLanguages } from "@lab/nonident";
 * extrapolationLanguages().map(({ id, prompts }) => [id, prompts().inDistribution.length, prompts().outOfDistribution.length].join(" ")); // => [ 'L1 128 128', 'L2 128 128', 'L3 5 251', 'L4 32 32', 'L5 4 239', 'L6 32 32' ]
 * ```
 */
export function extrapolationLanguages(): readonly ExtrapolationLanguage[] {
  const third = aNbN();
  const fifth = aNbNcN();
  const ordered = every([before(0, 1), before(1, 2), before(0, 2)]);
  return [
    {
      id: "L1",
      name: "baN",
      chomsky: "regular",
      grammar: baN(),
      r1: evenCount(A),
      r2: beginsWith(B),
      r2Completion: onCompletion(beginsWith(B), 8),
      promptLength: 8,
      prompts: () => prompts(baN(), { length: 8 }),
    },
    {
      id: "L2",
      name: "bbaN",
      chomsky: "regular",
      grammar: bbaN(),
      r1: evenAtEnd(A, B),
      r2: every([before(B, A), occurs(B)]),
      r2Completion: onCompletion(before(B, A), 8),
      promptLength: 8,
      prompts: (drawn = key(0)) => ({
        inDistribution: Array.from({ length: DRAWN }, (_, i) => drawnRuns(foldIn(drawn, i), 8)),
        outOfDistribution: Array.from({ length: DRAWN }, (_, i) => [A, ...drawnRuns(foldIn(drawn, DRAWN + i), 7)]),
      }),
    },
    {
      id: "L3",
      name: "aNbN",
      chomsky: "context-free",
      grammar: third,
      r1: equallyMany([A, B]),
      r2: before(A, B),
      r2Completion: onCompletion(before(A, B), 8),
      promptLength: 8,
      prompts: () => prompts(third, { length: 8 }),
    },
    { id: "L4", name: "dyck", chomsky: "context-free", grammar: dyck({ pairs: 2 }), ...paired },
    {
      id: "L5",
      name: "aNbNcN",
      chomsky: "context-sensitive",
      grammar: fifth,
      r1: equallyMany([0, 1, 2]),
      r2: ordered,
      r2Completion: onCompletion(ordered, 5),
      promptLength: 5,
      prompts: () => prompts(fifth, { length: 5 }),
    },
    { id: "L6", name: "shuffledDyck", chomsky: "context-sensitive", grammar: shuffledDyck({ pairs: 2 }), ...paired },
  ];
}
