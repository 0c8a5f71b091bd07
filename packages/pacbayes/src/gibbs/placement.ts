/** What a pilot run says of a rung: λ, and the variance of U = n r̂ under ρ_λ, nats². */
export type PilotRung = { readonly lambda: number; readonly variance: number };

/** A curve that rises with λ, at the points of a fine grid. */
type Curve = { readonly lambdas: readonly number[]; readonly heights: readonly number[] };

/** Points between neighbours of the pilot, where ln Var is taken for linear in ln λ (in λ, next to λ = 0). */
const POINTS = 64;

/**
 * The ladder whose neighbours all have the same expected exchange acceptance, to first order: equal parts of Λ(λ) = ∫₀^λ σ_β/√π dβ, σ_β² = Var_β[U]
 * [Syed2022, §4.1 and §5.1].
 *
 * Λ is the communication barrier of a Gaussian energy, ½E|U − U′| = σ/√π; neighbours then reject about Λ/K of their exchanges. `rungs` is K, the number of
 * intervals; the ladder ends at the pilot's last λ. The pilot must not be the run that is certified.
 *
 * @throws RangeError unless K is a whole number of at least 1, and the pilot has two rungs or more, from λ = 0 upwards, with positive and finite variances
 * @example
 * ```ts
 * import { equalExchange } from "@lab/pacbayes";
 * equalExchange([{ lambda: 0, variance: 4 }, { lambda: 2, variance: 4 }], { rungs: 4 }).map((lambda) => lambda.toFixed(2)); // => [ '0.00', '0.50', '1.00', '1.50', '2.00' ]
 * ```
 */
export function equalExchange(pilot: readonly PilotRung[], { rungs }: { readonly rungs: number }): readonly number[] {
  return equalParts(rising(pilot, barrierDensity), rungs);
}

/**
 * The ladder whose neighbours differ by the same KL(ρ_λ‖π): equal parts of KL_λ = ∫₀^λ β Var_β[U] dβ [Catoni2007, §1.2].
 *
 * Along the ladder a bound changes by its KL and the risk that is bought with it: rungs that are equally far apart there read the curve evenly. `rungs` is K.
 *
 * @throws RangeError as `equalExchange`
 * @example
 * ```ts
 * import { equalKl } from "@lab/pacbayes";
 * equalKl([{ lambda: 0, variance: 4 }, { lambda: 2, variance: 4 }], { rungs: 4 }).map((lambda) => lambda.toFixed(2)); // => [ '0.00', '1.00', '1.41', '1.73', '2.00' ]
 * ```
 */
export function equalKl(pilot: readonly PilotRung[], { rungs }: { readonly rungs: number }): readonly number[] {
  return equalParts(
    rising(pilot, (lambda, variance) => lambda * variance),
    rungs,
  );
}

/**
 * Λ = ∫₀^λ σ_β/√π dβ: the communication barrier between the prior and the pilot's last rung, the sum of the rejections of exchange along any fine ladder
 * [Syed2022, §4.1].
 *
 * A ladder needs about Λ/(1 − a) intervals for an acceptance of a; deterministic even and odd exchange does best near K = 2Λ.
 *
 * @throws RangeError as `equalExchange`, of its pilot
 * @example
 * ```ts
 * import { communicationBarrier } from "@lab/pacbayes";
 * communicationBarrier([{ lambda: 0, variance: Math.PI }, { lambda: 3, variance: Math.PI }]).toFixed(6); // => "3.000000"
 * ```
 */
export function communicationBarrier(pilot: readonly PilotRung[]): number {
  return rising(pilot, barrierDensity).heights.at(-1)!;
}

function barrierDensity(_: number, variance: number): number {
  return Math.sqrt(variance / Math.PI);
}

/** The integral of a density from 0, by the trapezoid on a grid of points between the pilot's rungs. */
function rising(pilot: readonly PilotRung[], density: (lambda: number, variance: number) => number): Curve {
  checked(pilot);
  const [lambdas, heights] = [[0], [0]];
  let before = density(0, pilot[0]!.variance);
  pilot.slice(1).forEach((to, i) => {
    const from = pilot[i]!;
    for (let j = 1; j <= POINTS; j++) {
      const share = j / POINTS;
      const lambda = j === POINTS ? to.lambda : from.lambda === 0 ? to.lambda * share : from.lambda * (to.lambda / from.lambda) ** share;
      const now = density(lambda, from.variance * (to.variance / from.variance) ** share);
      heights.push(heights.at(-1)! + ((before + now) / 2) * (lambda - lambdas.at(-1)!));
      lambdas.push(lambda);
      before = now;
    }
  });
  return { lambdas, heights };
}

/** Where a curve reaches i/K of its height, i = 0 … K; linear between points. */
function equalParts({ lambdas, heights }: Curve, rungs: number): readonly number[] {
  if (!(Number.isInteger(rungs) && rungs >= 1)) throw new RangeError(`Cannot place a ladder: rungs must be a whole number of at least 1, got ${rungs}`);
  const top = heights.at(-1)!;
  return Array.from({ length: rungs + 1 }, (_, i) => {
    if (i === 0 || i === rungs) return lambdas.at(i === 0 ? 0 : -1)!;
    const height = (top * i) / rungs;
    const above = heights.findIndex((h) => h >= height);
    const [low, high] = [heights[above - 1]!, heights[above]!];
    return lambdas[above - 1]! + ((height - low) / (high - low)) * (lambdas[above]! - lambdas[above - 1]!);
  });
}

function checked(pilot: readonly PilotRung[]): void {
  if (pilot.length < 2) throw new RangeError(`Cannot place a ladder: expected a pilot of at least two rungs, got ${pilot.length}`);
  pilot.forEach(({ lambda, variance }, i) => {
    if (i === 0 ? lambda !== 0 : !(lambda > pilot[i - 1]!.lambda && lambda < Infinity))
      throw new RangeError(`Cannot place a ladder: expected the pilot's lambda to start at 0 and increase, got ${lambda} at ${i}`);
    if (!(variance > 0 && variance < Infinity))
      throw new RangeError(`Cannot place a ladder: expected positive and finite variances, got ${variance} at lambda ${lambda}`);
  });
}
