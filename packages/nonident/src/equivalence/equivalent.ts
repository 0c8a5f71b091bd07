import { foldIn, summary, variance, type Key } from "@lab/tensor-core";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { compared, type Extent, type Pair } from "./compared.ts";
import { confidenceSequence } from "./confidence-sequence.ts";
import { divergences } from "./divergences.ts";
import { ceiling, floored } from "./floored.ts";
import { bootstrapInterval, empiricalBernstein, normalInterval, type Interval } from "./interval.ts";
import { logRatioDraws } from "./log-ratio-draws.ts";

/** How the limits of the divergence are found. */
export type Method = "exact" | "betting" | "bernstein" | "normal" | "bootstrap";

export type EquivalentOptions = Extent & {
  /** The divergence that is allowed, nats per sequence. */
  readonly epsilon: number;
  /** The chance of a wrong "equivalent", and the chance of a wrong "different". */
  readonly alpha?: number;
  /** "betting" may stop at any time; "bernstein" holds at a number of draws set before; the next two are asymptotic; "exact" enumerates. */
  readonly method?: Method;
  /** δ: with "betting" and "bernstein" both models are compared with each other's mixture with the uniform distribution at this rate per token. */
  readonly floor?: number;
  /** The most draws from each model; "betting" stops before where it can. */
  readonly draws?: number;
  readonly progress?: (done: number) => void;
};

/** What was found of one direction. */
export type Direction = Interval & {
  readonly draws: number;
  /** The share of draws (or, exactly, the probability) of sequences cut at `longest`: of those only the first tokens were compared. */
  readonly unfinished: number;
};

export type Equivalence = {
  readonly decision: "equivalent" | "different" | "undecided";
  readonly method: Method;
  /** KL(p ‖ q), nats per sequence of at most `longest` tokens; of the floored q with "betting" and "bernstein". This direction decides. */
  readonly kl: Direction;
  /** KL(q ‖ p), for information. */
  readonly reverseKl: Direction;
  /** Draws of p that were used, 0 of an enumeration. */
  readonly draws: number;
  /** Undecided: about how many draws would decide if the mean stayed where it is; Infinity where it lies at epsilon itself. */
  readonly drawsNeeded: number | undefined;
};

const FIRST = 64;

/**
 * Is KL(p ‖ q) ≤ ε? "equivalent" where the **upper** confidence limit is at most ε, "different" where the lower one exceeds it, else "undecided": a point
 * estimate never decides.
 *
 * Draws are Rao–Blackwell sums of conditional divergences [Amini2025], in [0, longest · ln(V/δ)] for a floored q; the limits are each one-sided at α, so
 * either wrong answer has at most that chance. Sequences are compared up to `longest` tokens: by data processing the divergence of whole ones may be
 * larger, and `unfinished` says how much probability was cut. "exact" answers "equivalent" only where nothing was cut, or nothing can follow the cut.
 *
 * @throws RangeError where the models cannot be compared, epsilon is not above 0, alpha is not in (0, ½), the floor not in (0, 1), or draws is below 2
 * @example
 * ```ts
 * import { key, tabular } from "@lab/tensor-core";
 * import { equivalent } from "@lab/nonident";
 * const coin = (heads: number) => tabular([[[0], heads], [[1], 1 - heads]], { vocabulary: 3, end: 2 });
 * const options = { epsilon: 0.2, end: 2, longest: 2 };
 * const near = await equivalent(key(0), [coin(0.5), coin(0.45)], options);
 * const far = await equivalent(key(0), [coin(0.5), coin(0.05)], options);
 * [near.decision, near.draws < 10_000, far.decision]; // => [ 'equivalent', true, 'different' ]
 * ```
 */
export async function equivalent(
  key: Key,
  [p, q]: Pair,
  { epsilon, alpha = 0.05, method = "betting", floor = 1e-6, draws = 10_000, end, longest, progress }: EquivalentOptions,
): Promise<Equivalence> {
  compared([p, q], { end, longest });
  if (!(epsilon > 0)) throw new RangeError(`Cannot decide equivalence: expected an epsilon above 0, got ${epsilon}`);
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`Cannot decide equivalence: expected an alpha in (0, 0.5), got ${alpha}`);
  if (!(floor > 0 && floor < 1)) throw new RangeError(`Cannot decide equivalence: expected a floor in (0, 1), got ${floor}`);
  if (!(Number.isInteger(draws) && draws >= 2)) throw new RangeError(`Cannot decide equivalence: expected at least 2 draws, got ${draws}`);
  const decided = ({ lower, upper }: Interval): Equivalence["decision"] => (upper <= epsilon ? "equivalent" : lower > epsilon ? "different" : "undecided");

  if (method === "exact") {
    const { kl, reverseKl, unfinished } = await divergences([p, q], { end, longest });
    const of = (value: number, cut: number): Direction => ({
      value,
      lower: value,
      upper: end === undefined || cut === 0 ? value : Infinity,
      draws: 0,
      unfinished: cut,
    });
    const forward = of(kl, unfinished[0]);
    return { decision: decided(forward), method, kl: forward, reverseKl: of(reverseKl, unfinished[1]), draws: 0, drawsNeeded: undefined };
  }

  const bounded = method === "betting" || method === "bernstein";
  const range = [0, longest * ceiling(p.vocabulary, floor)] as const;
  const limits = (values: Float64Array, resampling: Key): Interval => {
    switch (method) {
      case "betting":
        return confidenceSequence(values, { alpha: 2 * alpha, range });
      case "bernstein":
        return empiricalBernstein(values, { alpha: 2 * alpha, range });
      case "normal":
        return normalInterval(values, { alpha: 2 * alpha });
      case "bootstrap":
        return bootstrapInterval(values, { alpha: 2 * alpha, key: resampling });
    }
  };
  const values = async (from: Key, [x, y]: Pair, count: number): Promise<{ readonly values: Float64Array; readonly unfinished: number }> => {
    const other = bounded ? floored(y, { rate: floor }) : y;
    const { conditionalKls, unfinished } = await logRatioDraws(from, [x, other], { end, longest, draws: count });
    return { values: conditionalKls, unfinished: unfinished / count };
  };
  const direction = async (from: Key, pair: Pair, stops: boolean, count: number): Promise<{ readonly found: Direction; readonly values: Float64Array }> => {
    let all = new Float64Array(0);
    let cut = 0;
    // Draw i depends on its batch and index; batches double, so that limits are found a logarithmic number of times.
    for (let size = stops ? Math.min(FIRST, count) : count, batch = 0; ; batch++) {
      const more = await values(foldIn(from, batch), pair, size);
      cut += more.unfinished * size;
      all = Float64Array.from([...all, ...more.values]);
      progress?.(all.length);
      const found = limits(all, foldIn(from, 2 ** 31));
      if (all.length >= count || (stops && decided(found) !== "undecided"))
        return { found: { ...found, draws: all.length, unfinished: cut / all.length }, values: all };
      size = Math.min(all.length, count - all.length);
    }
  };
  const forward = await direction(foldIn(key, 0), [p, q], method === "betting", draws);
  const reverse = await direction(foldIn(key, 1), [q, p], false, Math.max(2, forward.found.draws));
  const decision = decided(forward.found);
  const distance = Math.abs(epsilon - forward.found.value);
  const deviations = (normalQuantile(1 - alpha, 0, 1) * Math.sqrt(variance(summary(forward.values)))) / distance;
  return {
    decision,
    method,
    kl: forward.found,
    reverseKl: reverse.found,
    draws: forward.found.draws,
    drawsNeeded: decision === "undecided" ? Math.max(forward.found.draws + 1, Math.ceil(deviations ** 2)) : undefined,
  };
}
