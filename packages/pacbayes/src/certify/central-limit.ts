import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { maurer } from "../bounds/maurer.ts";
import { checkedConfidence, type Confidence, type Stated } from "./confidence.ts";
import { rungBound } from "./rung-bound.ts";

/** What was estimated at one rung: mean risks with their standard errors, of the loss in the Gibbs posterior and, if wanted, of the zero-one loss. */
export type RungEstimate = {
  readonly lambda: number;
  readonly risk: number;
  readonly error: number;
  readonly risk01?: number;
  readonly error01?: number;
};

/** A mean with its standard error, and the interval that follows. */
export type AsymptoticInterval = { readonly mean: number; readonly error: number; readonly low: number; readonly high: number };

/** An asymptotic certificate of one rung. */
export type AsymptoticCertificate = Stated & {
  readonly method: "central-limit";
  /** Always true: this is no certificate for finitely many draws. */
  readonly asymptotic: true;
  readonly lambda: number;
  readonly rungs: number;
  /** G, the number of rungs compared, among which δ_r and δ_F are shared. */
  readonly compared: number;
  /** J, of Student's t with J − 1 degrees of freedom; absent with the normal law. */
  readonly replications?: number;
  readonly risk: AsymptoticInterval;
  /** The left sum of the estimates, plus its quantile, nats. */
  readonly freeEnergyUpper: number;
  readonly klUpper: number;
  readonly contradiction: boolean;
  readonly zeroOne?: { readonly risk: AsymptoticInterval; readonly bound: number };
};

/**
 * The bound of `exactDraws` with intervals r̄ ± z·error and F_up = Σ Δᵢ n r̄ᵢ + z √Σ (Δᵢ n errorᵢ)²: asymptotic confidence 1 − δ − δ_r − δ_F.
 *
 * Assumes stationary chains and a central limit theorem for them, and that the errors are known: it holds as the draws grow, never for finitely many. With
 * `replications` J ≥ 8, errors come from J independent replications of the whole ladder (`replicated`), and Student's t with J − 1 degrees of freedom takes
 * the place of z. The left sum leaves no bias of quadrature. δ_r and δ_F are shared by the G rungs compared. Rungs are taken for independent; where they
 * exchange states, pass `freeEnergyErrors`, one for each rung, the errors of the left sums by `batchMeans` of `pathSum`.
 *
 * @throws RangeError unless λ starts at 0 and increases, risks are in [0, 1] and errors at least 0, and for probabilities or a number of replications that
 * are none
 * @example
 * ```ts
 * import { centralLimit } from "@lab/pacbayes";
 * const ladder = [{ lambda: 0, risk: 0.6, error: 0.002 }, { lambda: 0.05, risk: 0.4, error: 0.002 }, { lambda: 0.2, risk: 0.3, error: 0.002 }];
 * centralLimit(ladder, { n: 2000 }).at(-1)!.bound < 0.45; // => true
 * ```
 */
export function centralLimit(
  ladder: readonly RungEstimate[],
  {
    n,
    delta = 0.025,
    deltaRisk = 0.01,
    deltaEvidence = 0.01,
    replications,
    freeEnergyErrors,
  }: Confidence & { readonly replications?: number; readonly freeEnergyErrors?: readonly number[] },
): readonly AsymptoticCertificate[] {
  checkedConfidence({ n, delta, deltaRisk, deltaEvidence });
  if (deltaEvidence === 0) throw new RangeError("Cannot certify a posterior: deltaEvidence must be in (0, 1), got 0");
  if (ladder[0]?.lambda !== 0)
    throw new RangeError(`Cannot certify a posterior: expected the ladder's first lambda to be 0, got ${ladder[0]?.lambda ?? "an empty ladder"}`);
  if (replications !== undefined && !(Number.isInteger(replications) && replications >= 8))
    throw new RangeError(`Cannot certify a posterior: replications must be a whole number of at least 8, got ${replications}`);
  if (freeEnergyErrors !== undefined && freeEnergyErrors.length !== ladder.length)
    throw new RangeError(`Cannot certify a posterior: expected ${ladder.length} errors of free energies, got ${freeEnergyErrors.length}`);
  const below = freeEnergyErrors?.find((error) => error < 0);
  if (below !== undefined) throw new RangeError(`Cannot certify a posterior: a standard error must be at least 0, got ${below}`);
  ladder.forEach(checkedEstimate);
  const quantile = (failure: number): number => (replications === undefined ? normalQuantile(1 - failure, 0, 1) : tQuantile(1 - failure, replications - 1));
  const compared = ladder.length - 1;
  const two = ladder.some(({ risk01 }) => risk01 !== undefined);
  const [zRisk, zEvidence] = [quantile(deltaRisk / (2 * Math.max(1, compared) * (two ? 2 : 1))), quantile(deltaEvidence / Math.max(1, compared))];
  let [left, variance] = [0, 0];
  return ladder.slice(1).map(({ lambda, risk: mean, error, risk01, error01 }, i): AsymptoticCertificate => {
    const before = ladder[i]!;
    if (!(lambda > before.lambda && lambda < Infinity))
      throw new RangeError(`Cannot certify a posterior: expected lambda to increase, got ${lambda} after ${before.lambda}`);
    left += (lambda - before.lambda) * n * before.risk;
    variance += ((lambda - before.lambda) * n * before.error) ** 2;
    const freeEnergyUpper = left + zEvidence * (freeEnergyErrors?.[i + 1] ?? Math.sqrt(variance));
    const risk = around(mean, error, zRisk);
    const { klUpper, contradiction, bound } = rungBound({ lambda, risk, freeEnergyUpper, n, delta });
    const errs = risk01 === undefined ? undefined : around(risk01, error01 ?? NaN, zRisk);
    return {
      method: "central-limit",
      asymptotic: true,
      assumption: assumption(replications),
      confidence: 1 - delta - deltaRisk - deltaEvidence,
      n,
      delta,
      deltaRisk,
      deltaEvidence,
      lambda,
      rungs: i + 1,
      compared,
      ...(replications !== undefined && { replications }),
      risk,
      freeEnergyUpper,
      klUpper,
      contradiction,
      bound,
      ...(errs !== undefined && { zeroOne: { risk: errs, bound: maurer({ empiricalRisk: errs.high, kl: klUpper, n, delta }) } }),
    };
  });
}

function assumption(replications: number | undefined): string {
  const law = replications === undefined ? "normal" : `Student's t over ${replications} independent replications`;
  return `Asymptotic: the chains are stationary, a central limit theorem holds for them, and the standard errors are right (${law}).`;
}

function around(mean: number, error: number, z: number): AsymptoticInterval {
  const [low, high] = [mean - z * error, mean + z * error];
  // NaN gives [0, 1].
  return { mean, error, low: low > 0 ? low : 0, high: high < 1 ? high : 1 };
}

function checkedEstimate({ risk, error, risk01, error01 }: RungEstimate): void {
  for (const value of [risk, risk01])
    if (value !== undefined && (value < 0 || value > 1)) throw new RangeError(`Cannot certify a posterior: a risk must be in [0, 1], got ${value}`);
  for (const value of [error, error01])
    if (value !== undefined && value < 0) throw new RangeError(`Cannot certify a posterior: a standard error must be at least 0, got ${value}`);
  if (risk01 !== undefined && error01 === undefined) throw new RangeError("Cannot certify a posterior: expected error01 beside risk01, got none");
}
