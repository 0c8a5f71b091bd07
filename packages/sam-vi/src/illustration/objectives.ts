import { twoBasins, twoBasinsGradient, type Point } from "./two-basins.ts";

/** Directions in which the maximum over a disc is looked for, before it is refined. */
const DIRECTIONS = 720;
const REFINEMENTS = 60;

function moved([t0, t1]: Point, radius: number, angle: number): Point {
  return [t0 + radius * Math.cos(angle), t1 + radius * Math.sin(angle)];
}

/**
 * (1/S) Σᵢ l(t + (ρ/√2) zᵢ): the loss as mean-field VI of standard deviation ρ/√D reads it, over given draws [Ujvary2022].
 *
 * The same draws at every point make a smooth picture. The standard deviation is ρ/√D, so that the mean square length of the offset is ρ².
 *
 * @throws RangeError without draws
 * @example
 * ```ts
 * import { smoothedLoss, twoBasins } from "@lab/sam-vi";
 * smoothedLoss([20, 30], { rho: 8, draws: [[0, 0]] }) === twoBasins([20, 30]); // => true
 * ```
 */
export function smoothedLoss([t0, t1]: Point, { rho, draws }: { readonly rho: number; readonly draws: readonly Point[] }): number {
  if (draws.length === 0) throw new RangeError("Cannot smooth a loss: expected at least one draw, got none");
  const each = rho / Math.SQRT2;
  return draws.reduce((sum, [z0, z1]) => sum + twoBasins([t0 + each * z0, t1 + each * z1]), 0) / draws.length;
}

/**
 * max l(t + ε) over ‖ε‖ ≤ ρ: the loss as SAM means it [Foret2021, Equation 1].
 *
 * By search over the circle, refined, and over the circle of half the radius. Infinite where the disc meets t₁ = 0, as l is.
 *
 * @example
 * ```ts
 * import { MINIMA, worstLoss } from "@lab/sam-vi";
 * worstLoss(MINIMA.flat, { rho: 8 }).toFixed(5); // => '0.53508'
 * ```
 */
export function worstLoss(at: Point, { rho }: { readonly rho: number }): number {
  if (Math.abs(at[1]) <= rho) return Infinity;
  const on = (radius: number, angle: number): number => twoBasins(moved(at, radius, angle));
  let [angle, worst] = [0, -Infinity];
  for (let i = 0; i < DIRECTIONS; i++) {
    const candidate = (2 * Math.PI * i) / DIRECTIONS;
    const value = on(rho, candidate);
    if (value > worst) [angle, worst] = [candidate, value];
  }
  let width = (2 * Math.PI) / DIRECTIONS;
  for (let i = 0; i < REFINEMENTS; i++) {
    const better = [angle - width, angle + width].find((candidate) => on(rho, candidate) > worst);
    if (better === undefined) width /= 2;
    else [angle, worst] = [better, on(rho, better)];
  }
  return Math.max(worst, twoBasins(at), ...Array.from({ length: 24 }, (_, i) => on(rho / 2, (Math.PI * i) / 12)));
}

/**
 * l(t + ρ ∇l/‖∇l‖): the loss as one step of SAM sees it [Foret2021, Equation 2]. l itself where the gradient is zero.
 *
 * @example
 * ```ts
 * import { oneStepLoss, twoBasins } from "@lab/sam-vi";
 * oneStepLoss([0, 20], { rho: 8 }) > twoBasins([0, 20]); // => true
 * ```
 */
export function oneStepLoss(at: Point, { rho }: { readonly rho: number }): number {
  const [g0, g1] = twoBasinsGradient(at);
  const length = Math.hypot(g0, g1);
  return length > 0 ? twoBasins([at[0] + (rho * g0) / length, at[1] + (rho * g1) / length]) : twoBasins(at);
}
