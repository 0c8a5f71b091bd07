/**
 * A palindromic composition of kicks and drifts, as fractions of the step: kick, drift, kick, …, kick.
 *
 * Symmetric, hence reversible and of even order; volume is preserved by each part. `kicks` and `drifts` each sum to 1.
 */
export type Integrator = { readonly name: string; readonly order: 2 | 4; readonly kicks: readonly number[]; readonly drifts: readonly number[] };

/**
 * Half a kick, a drift, half a kick: order 2, one gradient a step [Neal2011, §2.3].
 *
 * @example
 * ```ts
 * import { leapfrog } from "@lab/pacbayes";
 * leapfrog.kicks; // => [ 0.5, 0.5 ]
 * ```
 */
export const leapfrog: Integrator = { name: "leapfrog", order: 2, kicks: [0.5, 0.5], drifts: [1] };

const b = 0.1931833275037836;
/**
 * The composition of two drifts with the least error: order 2, two gradients a step, stable to about 2.55 where two leapfrogs reach 4 [McLachlan1995, §5].
 *
 * @example
 * ```ts
 * import { mclachlan } from "@lab/pacbayes";
 * mclachlan.drifts; // => [ 0.5, 0.5 ]
 * ```
 */
export const mclachlan: Integrator = { name: "mclachlan", order: 2, kicks: [b, 1 - 2 * b, b], drifts: [0.5, 0.5] };

const [kick, drift] = [0.11888010966548, 0.29619504261126];
/**
 * Three drifts with the least expected energy error of Gaussians: order 2, three gradients a step [Blanes2014, §4.2].
 *
 * @example
 * ```ts
 * import { blanes } from "@lab/pacbayes";
 * blanes.drifts.length; // => 3
 * ```
 */
export const blanes: Integrator = { name: "blanes", order: 2, kicks: [kick, 0.5 - kick, 0.5 - kick, kick], drifts: [drift, 1 - 2 * drift, drift] };

const outer = 1 / (2 - Math.cbrt(2));
const inner = 1 - 2 * outer;
/**
 * Three leapfrogs, the middle one backwards: order 4, three gradients a step [Yoshida1990, §4].
 *
 * @example
 * ```ts
 * import { yoshida } from "@lab/pacbayes";
 * yoshida.order; // => 4
 * ```
 */
export const yoshida: Integrator = {
  name: "yoshida",
  order: 4,
  kicks: [outer / 2, (outer + inner) / 2, (outer + inner) / 2, outer / 2],
  drifts: [outer, inner, outer],
};
