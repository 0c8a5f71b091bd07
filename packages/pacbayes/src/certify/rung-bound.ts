import { binaryKlInverse } from "../bounds/binary-kl.ts";
import { complexity } from "../bounds/bound.ts";
import { freeEnergyBound, worstRisk } from "../bounds/free-energy.ts";

/** What is known of one rung: the risk lies in an interval, and F(λ) is at most `freeEnergyUpper`, nats. */
export type KnownRung = {
  readonly lambda: number;
  readonly risk: { readonly low: number; readonly high: number };
  readonly freeEnergyUpper: number;
  readonly n: number;
  readonly delta: number;
};

/** What follows: KL ≤ F_up − λ n r_low, and the greatest `maurer` among the risks of the interval; 1 where the two contradict each other. */
export function rungBound({ lambda, risk, freeEnergyUpper, n, delta }: KnownRung): {
  readonly klUpper: number;
  readonly contradiction: boolean;
  readonly bound: number;
} {
  const slack = freeEnergyUpper - lambda * n * risk.low;
  // Not `<`: NaN must count as a contradiction.
  const contradiction = !(slack >= 0);
  if (contradiction) return { klUpper: Infinity, contradiction, bound: 1 };
  const free = freeEnergyBound({ lambda, freeEnergy: freeEnergyUpper, n, delta });
  // r ↦ kl⁻¹(r, (F − λ n r + Λ)/n) is concave: the greatest value lies at its peak, or at the end of the interval next to it.
  const at = (r: number): number => {
    const c = complexity({ empiricalRisk: r, kl: freeEnergyUpper, n, delta }) - lambda * r;
    return c > 0 ? binaryKlInverse(r, c * (1 + 8 * Number.EPSILON) + lambda * r * 4 * Number.EPSILON) : r;
  };
  const peak = Math.min(risk.high, Math.max(risk.low, worstRisk(lambda, free)));
  // Both parts of the difference are at most F_up, which is rounded by shares of itself.
  return { klUpper: slack + 4 * Number.EPSILON * freeEnergyUpper, contradiction, bound: Math.min(free, Math.max(at(peak), at(risk.low))) };
}
