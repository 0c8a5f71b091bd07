import { maurer } from "../bounds/maurer.ts";
import { checkedConfidence, type Confidence, type RiskInterval, type Stated } from "./confidence.ts";
import { meanInterval, type MeanOfDraws } from "./mean-interval.ts";
import { rungBound } from "./rung-bound.ts";

/**
 * What was drawn from one rung: the mean risk over `draws` draws, of the loss in the Gibbs posterior and, if wanted, of the zero-one loss; with the sample
 * variances of these risks over the draws the intervals are narrower.
 */
export type RungDraws = {
  readonly lambda: number;
  readonly risk: number;
  readonly variance?: number;
  readonly risk01?: number;
  readonly variance01?: number;
  readonly draws: number;
};

/** A certificate of one rung. */
export type GibbsCertificate = Stated & {
  readonly lambda: number;
  /** K, the number of intervals up to this rung; the left sum over them bounds F. */
  readonly rungs: number;
  /** G, the number of rungs compared, among which δ_r is shared. */
  readonly compared: number;
  readonly risk: RiskInterval;
  /** F(λ) is at most this, nats. */
  readonly freeEnergyUpper: number;
  /** KL(ρ_λ‖π) is at most this, nats: F_up − λ n r_low. */
  readonly klUpper: number;
  /** Whether the intervals contradict each other; the bound is then 1. */
  readonly contradiction: boolean;
  /** ε in total variation, of the method "supplied-distance". */
  readonly distance?: number;
  /** The zero-one risk with the same KL. */
  readonly zeroOne?: { readonly risk: RiskInterval; readonly bound: number };
};

const GIBBS =
  "The draws of every rung are independent and exactly from its Gibbs posterior; draws of a Markov chain, thinned to their effective number, approximate this.";
const EXACT = { method: "exact-draws" as const, assumption: GIBBS };

function supplied(distance: number): { readonly method: "supplied-distance"; readonly assumption: string; readonly distance: number } {
  const assumption = `The draws of every rung are independent, from a law within total variation ${distance} of its Gibbs posterior: a number supplied and answered for by the caller.`;
  return { method: "supplied-distance", assumption, distance };
}

/** The same interval for an expectation that is off by at most ε, losses being in [0, 1]; rounded outward. */
function widened<T extends { readonly low: number; readonly high: number }>(interval: T, distance: number): T {
  if (distance === 0) return interval;
  const rounding = 2 * Number.EPSILON;
  return { ...interval, low: Math.max(0, interval.low - distance - rounding), high: Math.min(1, interval.high + distance + rounding) };
}

/**
 * R(ρ_λ) ≤ max over r in [r_low, r_up] of kl⁻¹(r, (F_up − λ n r + ln(2√n/δ)) / n) at every rung λ > 0, with probability at least 1 − δ − δ_r − δ_F.
 *
 * In the spirit of [Ujvary2023]; the theorem is `maurer`. The risk: r_low and r_up by `meanInterval`, each missed with probability δ_r/2G, δ_r being shared
 * by the G rungs that are compared, so that the best may be chosen. The free energy: F_up = Σ Δᵢ n r_up,ᵢ, the left sum over rungs 0 … K − 1, each
 * missed with probability δ_F/K, one event for all rungs. The maximum lies at `worstRisk`, cut to the interval. With a zero-one risk, half of δ_r goes to
 * each loss.
 *
 * Assumes draws that are independent and exact. That holds at λ = 0; draws of a Markov chain, thinned to their effective number, approximate it, and the
 * certificate says so. With `distance` ε, the draws may come from a law within total variation ε of ρ_β on every rung, which moves a mean of losses in [0, 1]
 * by at most ε: each interval is widened by it. For networks nobody knows such a number; who supplies one answers for it, and the certificate names it.
 *
 * @throws RangeError unless λ starts at 0 and increases, and for probabilities, risks or numbers of draws that are none
 * @example
 * ```ts
 * import { exactDraws } from "@lab/pacbayes";
 * const ladder = [{ lambda: 0, risk: 0.6, draws: 5000 }, { lambda: 0.05, risk: 0.4, draws: 5000 }, { lambda: 0.2, risk: 0.3, draws: 5000 }];
 * exactDraws(ladder, { n: 2000 }).at(-1)!.bound.toFixed(4); // => "0.4507"
 * ```
 */
export function exactDraws(
  ladder: readonly RungDraws[],
  { n, delta = 0.025, deltaRisk = 0.01, deltaEvidence = 0.01, distance = 0 }: Confidence & { readonly distance?: number },
): readonly GibbsCertificate[] {
  if (!(distance >= 0 && distance < 1)) throw new RangeError(`Cannot certify a posterior: distance must be in [0, 1), got ${distance}`);
  checkedConfidence({ n, delta, deltaRisk, deltaEvidence });
  if (deltaEvidence === 0) throw new RangeError("Cannot certify a posterior: deltaEvidence must be in (0, 1), got 0");
  if (ladder[0]?.lambda !== 0)
    throw new RangeError(`Cannot certify a posterior: expected the ladder's first lambda to be 0, got ${ladder[0]?.lambda ?? "an empty ladder"}`);
  const [intervals, two] = [ladder.length - 1, ladder.some(({ risk01 }) => risk01 !== undefined)];
  const share = deltaRisk / (Math.max(1, intervals) * (two ? 2 : 1));
  const certificates: GibbsCertificate[] = [];
  const odd = ladder.find(({ risk01 }) => risk01 !== undefined && (risk01 < 0 || risk01 > 1));
  if (odd !== undefined) throw new RangeError(`Cannot certify a posterior: a zero-one risk must be in [0, 1], got ${odd.risk01}`);
  let freeEnergyUpper = 0;
  ladder.forEach(({ lambda, risk: mean, variance, risk01, variance01, draws }, k) => {
    const before = ladder[k - 1];
    if (before === undefined) return;
    if (!(lambda > before.lambda && lambda < Infinity))
      throw new RangeError(`Cannot certify a posterior: expected lambda to increase, got ${lambda} after ${before.lambda}`);
    freeEnergyUpper +=
      (lambda - before.lambda) *
      n *
      widened(meanInterval({ ...before, mean: before.risk }, deltaEvidence / intervals), distance).high *
      (1 + 8 * Number.EPSILON);
    const risk = widened(interval({ mean, draws, ...(variance !== undefined && { variance }) }, share), distance);
    const common = { ...(distance === 0 ? EXACT : supplied(distance)), confidence: 1 - delta - deltaRisk - deltaEvidence, n, delta, deltaRisk, deltaEvidence };
    const { klUpper, contradiction, bound } = rungBound({ lambda, risk, freeEnergyUpper, n, delta });
    certificates.push({
      ...common,
      lambda,
      rungs: k,
      compared: intervals,
      risk,
      freeEnergyUpper,
      klUpper,
      contradiction,
      bound,
      ...(risk01 === undefined
        ? {}
        : { zeroOne: zeroOneOf({ mean: risk01, draws, ...(variance01 !== undefined && { variance: variance01 }) }, { share, klUpper, n, delta, distance }) }),
    });
  });
  return certificates;
}

function zeroOneOf(
  of: MeanOfDraws,
  { share, klUpper, n, delta, distance }: { share: number; klUpper: number; n: number; delta: number; distance: number },
): { readonly risk: RiskInterval; readonly bound: number } {
  const risk = widened(interval(of, share), distance);
  return { risk, bound: maurer({ empiricalRisk: risk.high, kl: klUpper, n, delta }) };
}

/** The interval of a mean, missed at either end with probability at most `failure`. */
function interval(of: MeanOfDraws, failure: number): RiskInterval {
  return { mean: of.mean, ...meanInterval(of, failure / 2), draws: of.draws };
}

/** A certificate of a posterior whose KL is known exactly and that can be drawn from exactly. */
export type PosteriorCertificate = Stated & { readonly kl: number; readonly risk: RiskInterval };

const KNOWN = "None: the draws are independent and exactly from the posterior, and its KL is exact.";

/**
 * R(ρ) ≤ kl⁻¹(r_up, (KL + ln(2√n/δ)) / n), r_up = kl⁻¹(r̄, ln(2/δ_r)/m), with probability at least 1 − δ − δ_r [Langford2001; Dziugaite2017; PerezOrtiz2021, §5].
 *
 * With the sample variance of the m risks, r_up is that of `meanInterval`, the better of this and empirical Bernstein.
 *
 * For a posterior that one can draw from exactly, such as a mean-field Gaussian: r̄ is the mean risk of m independent draws of the parameters, each on all n
 * examples. m is not n. No assumption beyond those of the theorem.
 *
 * @throws RangeError for a negative KL, and for probabilities, risks or numbers of draws that are none
 * @example
 * ```ts
 * import { exactPosterior } from "@lab/pacbayes";
 * exactPosterior({ risk: 0.20627577, kl: 0.0520754435 * 60_000, draws: 5000 }, { n: 60_000, delta: 0.01, deltaRisk: 0.01 }).bound.toFixed(7); // => "0.3761005"
 * ```
 */
export function exactPosterior(
  { risk: mean, variance, kl, draws }: { readonly risk: number; readonly variance?: number; readonly kl: number; readonly draws: number },
  { n, delta = 0.025, deltaRisk = 0.01 }: Omit<Confidence, "deltaEvidence">,
): PosteriorCertificate {
  checkedConfidence({ n, delta, deltaRisk, deltaEvidence: 0 });
  const risk = interval({ mean, draws, ...(variance !== undefined && { variance }) }, deltaRisk);
  const bound = maurer({ empiricalRisk: risk.high, kl, n, delta });
  return { method: "exact-draws", assumption: KNOWN, bound, confidence: 1 - delta - deltaRisk, n, delta, deltaRisk, deltaEvidence: 0, kl, risk };
}
