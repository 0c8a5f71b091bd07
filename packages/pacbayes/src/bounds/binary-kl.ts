import log1pmx from "@stdlib/math-base-special-log1pmx";

/** Covers the rounding of `binaryKl`, a sum of two terms of one sign, each good to a few units in the last place. */
const SLACK = 16 * Number.EPSILON;

/**
 * kl(q ‖ p) = q ln(q/p) + (1 − q) ln((1 − q)/(1 − p)), the relative entropy of two Bernoulli distributions, nats.
 *
 * Computed as q g((p − q)/q) + (1 − q) g((q − p)/(1 − q)), g(x) = x − ln(1 + x) ≥ 0, which keeps its digits where p is close to q.
 *
 * @throws RangeError unless q and p are in [0, 1]; NaN gives NaN
 * @example
 * ```ts
 * import { binaryKl } from "@lab/pacbayes";
 * binaryKl(0.5, 0.25).toFixed(6); // => "0.143841"
 * ```
 */
export function binaryKl(q: number, p: number): number {
  probability("kl", "q", q);
  probability("kl", "p", p);
  if (q === 0) return 0 - Math.log1p(-p);
  if (q === 1) return 0 - Math.log(p);
  if (p === 0 || p === 1) return Infinity;
  return Math.max(0, excess(q, p, p - q) + excess(1 - q, 1 - p, q - p));
}

/** b − a − a ln(b/a) for d = b − a: a series where d is small; where it is large, a difference of logarithms only where the quotient would leave the floats. */
function excess(a: number, b: number, d: number): number {
  if (d === 0) return 0;
  if (Math.abs(d) <= a / 2) return -a * log1pmx(d / a);
  const quotient = b / a;
  return d - a * (quotient > 1e-290 && quotient < Infinity ? Math.log(quotient) : Math.log(b) - Math.log(a));
}

/**
 * kl⁻¹(q, c) = sup { p ≥ q : kl(q ‖ p) ≤ c }, from above: never below the true value, and within 1e-12 of it.
 *
 * NaN falls on the safe side: it gives 1.
 *
 * @throws RangeError unless q is in [0, 1] and c ≥ 0
 * @example
 * ```ts
 * import { binaryKlInverse } from "@lab/pacbayes";
 * binaryKlInverse(0.02, 0.05).toFixed(12); // => "0.098572167737"
 * ```
 */
export function binaryKlInverse(q: number, c: number): number {
  if (Number.isNaN(q) || Number.isNaN(c)) return 1;
  probability("invert kl", "q", q);
  budget(c);
  if (q === 0) return Math.min(1, -Math.expm1(-c) * (1 + SLACK));
  // By Pinsker, kl⁻¹(q, c) ≤ q + √(c/2): bisection starts close.
  let [inside, outside] = [q, Math.min(1, (q + Math.sqrt(c / 2)) * (1 + SLACK))];
  for (let i = 0; i < 128; i++) {
    const middle = inside + (outside - inside) / 2;
    if (middle <= inside || middle >= outside) break;
    // Not `>`: NaN must leave the outer end where it is safe.
    if (binaryKl(q, middle) * (1 - SLACK) >= c) outside = middle;
    else inside = middle;
  }
  return outside;
}

/**
 * kl₋⁻¹(q, c) = inf { p ≤ q : kl(q ‖ p) ≤ c }, from below: never above the true value, and within 1e-12 of it.
 *
 * NaN falls on the safe side: it gives 0.
 *
 * @throws RangeError unless q is in [0, 1] and c ≥ 0
 * @example
 * ```ts
 * import { binaryKlInverseLower } from "@lab/pacbayes";
 * binaryKlInverseLower(0.02, 0.05).toFixed(12); // => "0.000629165090"
 * ```
 */
export function binaryKlInverseLower(q: number, c: number): number {
  if (Number.isNaN(q) || Number.isNaN(c)) return 0;
  probability("invert kl", "q", q);
  budget(c);
  if (q === 0) return 0;
  if (q === 1) return Math.exp(-c) * (1 - SLACK);
  let [outside, inside] = [Math.max(0, q - Math.sqrt(c / 2) * (1 + SLACK) - SLACK * q), q];
  for (let i = 0; i < 128; i++) {
    const middle = outside + (inside - outside) / 2;
    if (middle <= outside || middle >= inside) break;
    if (binaryKl(q, middle) * (1 - SLACK) >= c) outside = middle;
    else inside = middle;
  }
  return outside;
}

function probability(verb: string, name: string, value: number): void {
  if (value < 0 || value > 1) throw new RangeError(`Cannot ${verb}: ${name} must be in [0, 1], got ${value}`);
}

function budget(c: number): void {
  if (c < 0) throw new RangeError(`Cannot invert kl: c must be at least 0, got ${c}`);
}
