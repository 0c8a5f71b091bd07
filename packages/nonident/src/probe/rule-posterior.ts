import { logSumExp, tabular, type Autoregressive, type Sequence, type Token } from "@lab/tensor-core";
import { strings } from "../language/prompts.ts";
import type { Rule } from "../language/rule.ts";

/** A rule and how long its description is. */
export type DescribedRule = { readonly rule: Rule; readonly bits: number };

/** A set of rules: the language of the strings that keep them all. */
export type RuleSet = {
  readonly rules: readonly string[];
  /** The sum of its rules' descriptions. */
  readonly bits: number;
  /** How many strings of at most `longest` symbols keep all of its rules. */
  readonly members: number;
  /** Its probability given the data; 0 where a datum breaks one of its rules. */
  readonly posterior: number;
};

export type RulePosterior = {
  /** Every subset of the rules that some string keeps, likeliest first; of equal ones the shorter description. */
  readonly sets: readonly RuleSet[];
  /** Σ_S P(S | data) u_S, u_S uniform on the strings of S: its conditionals answer prompts out of distribution by the sets that allow them. */
  readonly model: Autoregressive;
  readonly end: Token;
};

export type RulePosteriorOptions = {
  readonly data: readonly Sequence[];
  readonly alphabet: readonly Token[];
  /** The most symbols of a string. */
  readonly longest: number;
};

/** More rules have too many subsets. */
const MOST = 12;

/**
 * P(S | data) ∝ 2^(−|S|) Π_{y ∈ data} [y keeps S]/#S over all sets S of given rules: a finite stand-in for a prior that favours short programs, |S| the bits
 * that describe S, likelihood uniform on the strings that keep all of S.
 *
 * The universal prior is not computable; this one ranges over the subsets of rules that one names, and depends on the bits that one gives them. Of a prompt
 * that no member of the likeliest sets begins with, only those sets speak that allow it: R1 may survive a prompt that breaks R2 [Meszaros2024].
 *
 * @throws RangeError for more than 12 rules, bits below 0, data that is empty, too long or outside the alphabet, or too many strings
 * @example
 * ```ts
 * import { aNbN, before, equallyMany, rulePosterior } from "@lab/nonident";
 * const rules = [{ rule: equallyMany([0, 1]), bits: 3 }, { rule: before(0, 1), bits: 3 }];
 * const { sets, model } = rulePosterior(rules, { data: aNbN({ largest: 3 }).sequences, alphabet: [0, 1], longest: 6 });
 * const next = await model.logProbs([1, 0]);
 * [sets[0]!.rules.join(" & "), Math.exp(next[2]!).toFixed(2)]; // => [ 'equally many & before', '0.11' ]
 * ```
 */
export function rulePosterior(rules: readonly DescribedRule[], { data, alphabet, longest }: RulePosteriorOptions): RulePosterior {
  if (!(rules.length <= MOST)) throw new RangeError(`Cannot weigh rules: expected at most ${MOST}, got ${rules.length}`);
  const odd = rules.find(({ bits }) => !(bits >= 0 && Number.isFinite(bits)));
  if (odd !== undefined) throw new RangeError(`Cannot weigh rules: expected descriptions of at least 0 bits, got ${odd.bits}`);
  if (data.length === 0) throw new RangeError("Cannot weigh rules: expected data, got none");
  if (alphabet.length === 0) throw new RangeError("Cannot weigh rules: expected an alphabet, got no symbols");
  const stray = data.find((datum) => datum.length > longest || datum.some((token) => !alphabet.includes(token)));
  if (stray !== undefined)
    throw new RangeError(`Cannot weigh rules: expected data of at most ${longest} symbols of the alphabet, got [${stray.slice(0, longest + 1).join(" ")}]`);
  const all = Array.from({ length: longest + 1 }, (_, length) => strings(alphabet, { length })).flat();
  // The rules that a string keeps, as the bits of a number.
  const kept = (string: Sequence): number => rules.reduce((mask, { rule }, i) => mask | (Number(rule.holds(string)) << i), 0);
  const masks = all.map(kept);
  const common = data.reduce((mask, datum) => mask & kept(datum), 2 ** rules.length - 1);
  const sets = Array.from({ length: 2 ** rules.length }, (_, set) => {
    const chosen = rules.filter((__, i) => ((set >> i) & 1) === 1);
    const members = masks.reduce((count, mask) => count + Number((mask & set) === set), 0);
    const bits = chosen.reduce((sum, one) => sum + one.bits, 0);
    const logWeight = (common & set) === set ? -bits * Math.LN2 - data.length * Math.log(members) : -Infinity;
    return { set, rules: chosen.map(({ rule }) => rule.name), bits, members, logWeight };
  }).filter(({ members }) => members > 0);
  const total = logSumExp(sets.map(({ logWeight }) => logWeight));
  const weighed = sets.map(({ logWeight, ...of }) => ({ ...of, posterior: Math.exp(logWeight - total) }));
  const end = Math.max(...alphabet) + 1;
  const probability = (mask: number): number => weighed.reduce((sum, { set, posterior, members }) => sum + ((mask & set) === set ? posterior / members : 0), 0);
  // Few masks, many strings.
  const byMask = new Map([...new Set(masks)].map((mask) => [mask, probability(mask)] as const));
  return {
    sets: weighed.map(({ set: _, ...of }) => of).sort((x, y) => y.posterior - x.posterior || x.bits - y.bits),
    model: tabular(
      all.map((string, i) => [string, byMask.get(masks[i]!)!] as const),
      { vocabulary: end + 1, end },
    ),
    end,
  };
}
