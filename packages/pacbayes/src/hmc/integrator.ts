/**
 * A palindromic composition of kicks and drifts, as fractions of the step: kick, drift, kick, …, kick.
 *
 * Symmetric, hence reversible and of even order; volume is preserved by each part. `kicks` and `drifts` each sum to 1.
 */
export type Integrator = { readonly name: string; readonly order: 2 | 4 | 6; readonly kicks: readonly number[]; readonly drifts: readonly number[] };

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

/** Leapfrogs of these fractions of the step, one after another: of order 4 or more, if the fractions are right. */
function leapfrogs(name: string, order: Integrator["order"], drifts: readonly number[]): Integrator {
  const kicks = [0, ...drifts].map((drift, i) => (drift + (drifts[i] ?? 0)) / 2);
  return { name, order, kicks, drifts };
}

const outer = 1 / (2 - Math.cbrt(2));
/**
 * Three leapfrogs, the middle one backwards: order 4, three gradients a step [Yoshida1990, §4].
 *
 * @example
 * ```ts
 * import { yoshida } from "@lab/pacbayes";
 * yoshida.order; // => 4
 * ```
 */
export const yoshida: Integrator = leapfrogs("yoshida", 4, [outer, 1 - 2 * outer, outer]);

const fifth = 1 / (4 - Math.cbrt(4));
/**
 * Five leapfrogs, the middle one backwards: order 4, five gradients a step, with an error far below that of three [Suzuki1990].
 *
 * @example
 * ```ts
 * import { suzuki } from "@lab/pacbayes";
 * suzuki.drifts.length; // => 5
 * ```
 */
export const suzuki: Integrator = leapfrogs("suzuki", 4, [fifth, fifth, 1 - 4 * fifth, fifth, fifth]);

const sixth = [0.78451361047756, 0.235573213359357, -1.17767998417887];
const middle = 1 - 2 * sixth.reduce((total, weight) => total + weight, 0);
/**
 * Seven leapfrogs: order 6, seven gradients a step [Yoshida1990, §5, solution A].
 *
 * @example
 * ```ts
 * import { yoshida6 } from "@lab/pacbayes";
 * yoshida6.order; // => 6
 * ```
 */
export const yoshida6: Integrator = leapfrogs("yoshida6", 6, [...sixth, middle, ...sixth.toReversed()]);
