import { logProbs, type Autoregressive } from "@lab/tensor-core";
import { prefixLogProb } from "./prefix-log-prob.ts";
import type { Twin } from "./twin.ts";

export type LeakyMixtureOptions = {
  /** The share of the other model, in (0, 1); may be as small as 10⁻³⁰⁰. */
  readonly epsilon: number;
  /** Whether the supports are known to share no sequence: then the divergence is exact, else only never below. */
  readonly disjoint?: boolean;
};

/** ln(eᵃ + eᵇ). */
function logAdd(a: number, b: number): number {
  const top = Math.max(a, b);
  return top === -Infinity ? -Infinity : top + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/**
 * q = (1 − ε) p + ε r over whole sequences, as conditionals q(v | x) = [(1 − ε) p(xv…) + ε r(xv…)] / [(1 − ε) p(x…) + ε r(x…)].
 *
 * KL(p ‖ q) = −ln(1 − ε) exactly where the supports are disjoint, at most that otherwise. After every prompt that p excludes and r allows, q is r:
 * two models of one likelihood, with behaviour out of distribution as one likes. KL(q ‖ p) is infinite as soon as r leaves the support of p. Where both
 * exclude the prompt it answers as p.
 *
 * Prefixes are weighed in log space, each by asking both models for its tokens in turn.
 *
 * @throws RangeError where the vocabularies differ, or epsilon is not in (0, 1)
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { leakyMixture, sequenceKl } from "@lab/nonident";
 * const [p, r] = [[0, 1], [1]].map((sequence) => tabular([[sequence, 1]], { vocabulary: 3, end: 2 }));
 * const { model, kl } = leakyMixture(p, r, { epsilon: 0.1, disjoint: true });
 * [kl, (await sequenceKl([p, model], { end: 2, longest: 4 })).value].map((d) => d.toFixed(10)); // => [ '0.1053605157', '0.1053605157' ]
 * ```
 */
export function leakyMixture(p: Autoregressive, r: Autoregressive, { epsilon, disjoint = false }: LeakyMixtureOptions): Twin {
  if (p.vocabulary !== r.vocabulary) throw new RangeError(`Cannot mix models: expected one vocabulary, got ${p.vocabulary} and ${r.vocabulary}`);
  if (!(epsilon > 0 && epsilon < 1)) throw new RangeError(`Cannot mix models: expected an epsilon in (0, 1), got ${epsilon}`);
  const [keep, leak] = [Math.log1p(-epsilon), Math.log(epsilon)];
  const model: Autoregressive = {
    vocabulary: p.vocabulary,
    async logProbs(prefix) {
      const [ofP, ofR, nextP, nextR] = await Promise.all([prefixLogProb(p, prefix), prefixLogProb(r, prefix), p.logProbs(prefix), r.logProbs(prefix)]);
      if (ofP === -Infinity && ofR === -Infinity) return nextP;
      return logProbs(nextP.map((l, v) => logAdd(keep + ofP + l, leak + ofR + nextR[v]!)));
    },
  };
  return { model, kl: -Math.log1p(-epsilon), exact: disjoint };
}
