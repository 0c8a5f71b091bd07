/** A point (t₀, t₁) of the plane, t₁ ≠ 0. */
export type Point = readonly [number, number];

/** The numbers mₖ, sₖ, aₖ, bₖ of the wide basin and of the narrow one. */
export const BASINS: readonly { readonly m: number; readonly s: number; readonly a: number; readonly b: number }[] = [
  { m: 20, s: 30, a: 0.7, b: 1.8 },
  { m: -20, s: 10, a: 0.3, b: 1.2 },
];

/**
 * ρ = 8: the radius that the illustration is drawn with [Ujvary2022].
 *
 * @example
 * ```ts
 * import { ILLUSTRATED_RADIUS } from "@lab/sam-vi";
 * ILLUSTRATED_RADIUS; // => 8
 * ```
 */
export const ILLUSTRATED_RADIUS = 8;

/**
 * The minimum of the wide basin, and of the narrow one, which is deeper.
 *
 * @example
 * ```ts
 * import { MINIMA, twoBasins } from "@lab/sam-vi";
 * twoBasins(MINIMA.sharp) < twoBasins(MINIMA.flat); // => true
 * ```
 */
export const MINIMA: { readonly flat: Point; readonly sharp: Point } = {
  flat: [19.84509473459952, 29.94832041761325],
  sharp: [-15.940445065492508, 13.460724299952332],
};

/** ln aₖ − Eₖ/bₖ² for each basin. */
function exponents([t0, t1]: Point): number[] {
  return BASINS.map(({ m, s, a, b }) => Math.log(a) - (((t0 - m) ** 2 + t1 ** 2) / (2 * s ** 2) + Math.log(s) - Math.log(Math.abs(t1))) / b ** 2);
}

/**
 * l(t) = −ln Σₖ aₖ exp(−Eₖ/bₖ²), Eₖ = ((t₀ − mₖ)² + t₁²)/(2 sₖ²) + ln sₖ − ln|t₁|: a loss with a wide basin and a narrow, deeper one [Ujvary2022].
 *
 * Infinite where t₁ = 0.
 *
 * @example
 * ```ts
 * import { twoBasins } from "@lab/sam-vi";
 * twoBasins([20, 30]).toFixed(6); // => '0.510814'
 * ```
 */
export function twoBasins(at: Point): number {
  const xs = exponents(at);
  const largest = Math.max(...xs);
  if (largest === -Infinity) return Infinity;
  return -largest - Math.log(xs.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}

/**
 * ∇l(t) of `twoBasins`, by hand.
 *
 * @example
 * ```ts
 * import { twoBasinsGradient } from "@lab/sam-vi";
 * twoBasinsGradient([-20, 10]).map((x) => x.toFixed(6)); // => [ '-0.008743', '-0.017486' ]
 * ```
 */
export function twoBasinsGradient([t0, t1]: Point): Point {
  const xs = exponents([t0, t1]);
  const largest = Math.max(...xs);
  const weights = xs.map((x) => Math.exp(x - largest));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const along = (of: (basin: (typeof BASINS)[number]) => number): number =>
    BASINS.reduce((sum, basin, k) => sum + ((weights[k]! / total) * of(basin)) / basin.b ** 2, 0);
  return [along(({ m, s }) => (t0 - m) / s ** 2), along(({ s }) => t1 / s ** 2 - 1 / t1)];
}
