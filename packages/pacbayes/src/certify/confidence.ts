/** How the probability of failure is spent: δ on the sample, δ_r on estimating the risk from draws, δ_F on estimating the free energy. */
export type Confidence = { readonly n: number; readonly delta?: number; readonly deltaRisk?: number; readonly deltaEvidence?: number };

/** What every certificate states about itself, so that it can be read and checked without the run that made it. */
export type Stated = {
  /** How the draws were turned into a bound. */
  readonly method: "exact-draws" | "supplied-distance" | "central-limit" | "without-mixing";
  /** What must hold beyond the theorem, in words. */
  readonly assumption: string;
  /** The bound, an upper bound on the risk of ρ with probability at least `confidence`; 1 says nothing. */
  readonly bound: number;
  /** 1 − (δ + δ_r + δ_F). */
  readonly confidence: number;
  readonly n: number;
  readonly delta: number;
  readonly deltaRisk: number;
  readonly deltaEvidence: number;
};

/** The estimate of a risk from m draws, with an interval that misses the truth with probability at most its share of δ_r. */
export type RiskInterval = { readonly mean: number; readonly low: number; readonly high: number; readonly draws: number };

/** @throws RangeError unless each probability is in (0, 1), or 0 where nothing is estimated, their sum below 1, and n a whole number of at least 8 */
export function checkedConfidence({ n, delta, deltaRisk, deltaEvidence }: Required<Confidence>): void {
  if (!(Number.isInteger(n) && n >= 8)) throw new RangeError(`Cannot certify a posterior: n must be a whole number of at least 8, got ${n}`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`Cannot certify a posterior: delta must be in (0, 1), got ${delta}`);
  for (const [name, value] of Object.entries({ deltaRisk, deltaEvidence }))
    if (!(value >= 0 && value < 1)) throw new RangeError(`Cannot certify a posterior: ${name} must be in (0, 1), got ${value}`);
  const total = delta + deltaRisk + deltaEvidence;
  if (!(total < 1)) throw new RangeError(`Cannot certify a posterior: delta + deltaRisk + deltaEvidence must be below 1, got ${total}`);
}
