/** The middle of a sample and the quartiles around it. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number };

/** The value a share of the way through a sorted sample, between neighbours by a line. */
function at(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [a, b] = [sorted[below]!, sorted[Math.ceil(place)]!];
  return a + (b - a) * (place - below);
}

/**
 * Median and quartiles.
 *
 * @throws RangeError if there is nothing, or something that is not a finite number
 */
export function spread(sample: readonly number[]): Spread {
  const stray = sample.find((x) => !Number.isFinite(x));
  if (sample.length === 0 || stray !== undefined)
    throw new RangeError(`Cannot summarise times: expected finite numbers, got ${sample.length === 0 ? "none" : stray}`);
  const sorted = sample.toSorted((a, b) => a - b);
  return { median: at(sorted, 0.5), low: at(sorted, 0.25), high: at(sorted, 0.75) };
}

/**
 * peer/ours, round by round: what disturbs a round disturbs both.
 *
 * @throws RangeError unless the two have the same number of rounds
 */
export function ratio(peer: readonly number[], ours: readonly number[]): Spread {
  if (peer.length !== ours.length) throw new RangeError(`Cannot compare times: expected as many rounds of both, got ${peer.length} and ${ours.length}`);
  return spread(peer.map((seconds, round) => seconds / ours[round]!));
}
