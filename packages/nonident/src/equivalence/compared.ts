import type { Autoregressive, Token } from "@lab/tensor-core";

/** Two models of one vocabulary, the first the one that expectations are under. */
export type Pair = readonly [p: Autoregressive, q: Autoregressive];
/** Where sequences end. */
export type Extent = {
  /** The symbol that closes a sequence; undefined of endless ones, whose first `longest` tokens are compared. */
  readonly end: Token | undefined;
  /** The most tokens of a sequence, the end symbol included: prefixes of this length are not followed. */
  readonly longest: number;
};

/** Refuses models that cannot be compared, before either is asked. */
export function compared([p, q]: Pair, { end, longest }: Extent): void {
  if (p.vocabulary !== q.vocabulary) throw new RangeError(`Cannot compare models: expected one vocabulary, got ${p.vocabulary} and ${q.vocabulary}`);
  if (end !== undefined && !(Number.isInteger(end) && end >= 0 && end < p.vocabulary))
    throw new RangeError(`Cannot compare models: expected an end symbol in a vocabulary of ${p.vocabulary}, got ${end}`);
  if (!(Number.isInteger(longest) && longest >= 1))
    throw new RangeError(`Cannot compare models: expected a longest sequence of at least 1 token, got ${longest}`);
}

/** p(v) ln p(v)/q(v), 0 where p(v) = 0 and +∞ where only q excludes v. */
export function klTerm(logP: number, logQ: number): number {
  return logP === -Infinity ? 0 : Math.exp(logP) * (logP - logQ);
}

/** KL(p ‖ q) = Σ_v p(v) ln p(v)/q(v), nats, of two next-token distributions. */
export function tokenKl(logP: ArrayLike<number>, logQ: ArrayLike<number>): number {
  let sum = 0;
  for (let v = 0; v < logP.length; v++) sum += klTerm(logP[v]!, logQ[v]!);
  // Rounding alone makes it negative.
  return Math.max(0, sum);
}
