import { boundedBy, type Interval } from "./interval.ts";

/** The share of a fortune that is never exceeded by a bet. */
const CAUTION = 0.5;
/** Halvings of the range: below the rounding of a float64. */
const HALVINGS = 60;

export type ConfidenceSequenceOptions = {
  readonly alpha: number;
  /** What every draw is known to lie in. */
  readonly range: readonly [number, number];
};

/**
 * { m : ½ max(Π (1 + λᵢ(xᵢ − m)), Π (1 − λᵢ(xᵢ − m))) < 1/α }: means against which no bettor has grown rich, valid at **every** stopping time at once
 * [WaudbySmith2024, Theorem 3].
 *
 * Stop when the answer is known, or look after every draw: with a chance of at least 1 − α the limits never err. Bets are the predictable plug-in
 * λᵢ = √(2 ln(2/α)/(σ̂²ᵢ₋₁ i ln(1 + i))), cut at half of what would ruin.
 *
 * @throws RangeError for no draws, alpha outside (0, 1), a range that is no interval, or a draw outside it
 * @example
 * ```ts
 * import { confidenceSequence } from "@lab/nonident";
 * const { lower, upper } = confidenceSequence(new Float64Array(1000).fill(0.1), { alpha: 0.05, range: [0, 1] });
 * [lower < 0.1, upper > 0.1, upper < 0.12]; // => [ true, true, true ]
 * ```
 */
export function confidenceSequence(draws: ArrayLike<number>, { alpha, range }: ConfidenceSequenceOptions): Interval {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`Cannot bound a mean: expected an alpha in (0, 1), got ${alpha}`);
  if (draws.length === 0) throw new RangeError("Cannot bound a mean: expected at least one draw, got none");
  const [low, high] = boundedBy(draws, range);
  const scaled = Float64Array.from(draws, (x) => (x - low) / (high - low));
  const bets = new Float64Array(scaled.length);
  let [mean, squares] = [0.5, 0.25];
  let sum = 0;
  scaled.forEach((x, i) => {
    // σ̂² and μ̂ of the draws before, so that a bet never sees its own.
    const before = squares / (i + 1);
    bets[i] = Math.sqrt((2 * Math.log(2 / alpha)) / (before * (i + 1) * Math.log(i + 2)));
    sum += x;
    mean = (0.5 + sum) / (i + 2);
    squares += (x - mean) ** 2;
  });
  /** Whether the bettor that the mean is above m (sign 1) or below it (−1) has less than 2/α of a start of 1. */
  const poor = (m: number, sign: 1 | -1): boolean => {
    const ruin = sign === 1 ? m : 1 - m;
    let wealth = 0;
    for (let i = 0; i < scaled.length; i++) wealth += Math.log1p(sign * Math.min(bets[i]!, CAUTION / ruin) * (scaled[i]! - m));
    return wealth < Math.log(2 / alpha);
  };
  // Each bettor's wealth is monotone in m: the limit is where it crosses, rounded outward.
  const crossing = (sign: 1 | -1): number => {
    let [excluded, kept] = sign === 1 ? [0, 1] : [1, 0];
    if (poor(excluded, sign)) return excluded;
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (excluded + kept) / 2;
      if (poor(middle, sign)) kept = middle;
      else excluded = middle;
    }
    return excluded;
  };
  const at = (m: number): number => low + m * (high - low);
  return { value: at(sum / scaled.length), lower: at(crossing(1)), upper: at(crossing(-1)) };
}
