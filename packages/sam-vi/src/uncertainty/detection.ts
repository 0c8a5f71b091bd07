/** How well a score tells what is in the distribution from what is not: in [0, 1], larger is better but for the last two. */
export type Detection = {
  /** P(in > out) + ½ P(in = out). */
  readonly auroc: number;
  /** Average precision with what is inside as the positive class, and with what is outside. */
  readonly auprIn: number;
  readonly auprOut: number;
  /** The share of what is outside that passes the threshold which 95 % of what is inside pass. */
  readonly fpr95: number;
  /** min over thresholds of ½ (share of the inside missed + share of the outside that passes). */
  readonly error: number;
};

/**
 * AUROC, AUPR, FPR at 95 % and the detection error of scores that should be larger inside of the distribution than outside [Hendrycks2017, §2; Liang2018, §4.2].
 *
 * Such as `confidence` for out-of-distribution inputs, or for right (inside) against wrong predictions. AUPR is the average precision Σ (Rₖ − Rₖ₋₁) Pₖ over distinct
 * thresholds, without interpolation [Davis2006]. NaN if a score is.
 *
 * @throws RangeError unless there are scores of both kinds
 * @example
 * ```ts
 * import { detection } from "@lab/sam-vi";
 * detection([0.9, 0.8, 0.7, 0.3], [0.4, 0.2]); // => { auroc: 0.875, auprIn: 0.95, auprOut: 0.8333333333333333, fpr95: 0.5, error: 0.125 }
 * ```
 */
export function detection(inside: ArrayLike<number>, outside: ArrayLike<number>): Detection {
  if (inside.length === 0 || outside.length === 0)
    throw new RangeError(`Cannot detect: expected scores inside and outside of the distribution, got ${inside.length} and ${outside.length}`);
  const scores = [...Array.from(inside, (score) => ({ score, is: true })), ...Array.from(outside, (score) => ({ score, is: false }))];
  if (scores.some(({ score }) => Number.isNaN(score))) return { auroc: NaN, auprIn: NaN, auprOut: NaN, fpr95: NaN, error: NaN };
  const falling = thresholds(scores.toSorted((a, b) => b.score - a.score));
  const [n, m] = [inside.length, outside.length];
  let [auroc, auprIn, auprOut, fpr95, error] = [0, 0, 0, 1, 0.5];
  let [hits, passes] = [0, 0];
  for (const { yes, no } of falling) {
    auroc += no * (hits + yes / 2);
    hits += yes;
    passes += no;
    auprIn += (yes / n) * (hits / (hits + passes));
    if (hits >= 0.95 * n) fpr95 = Math.min(fpr95, passes / m);
    error = Math.min(error, (1 - hits / n + passes / m) / 2);
  }
  let [kept, found] = [0, 0];
  for (const { yes, no } of falling.toReversed()) {
    kept += yes;
    found += no;
    auprOut += (no / m) * (found / (found + kept));
  }
  return { auroc: auroc / (n * m), auprIn, auprOut, fpr95, error };
}

/** How many of each kind have each score, equal scores together. */
function thresholds(sorted: readonly { readonly score: number; readonly is: boolean }[]): readonly { readonly yes: number; readonly no: number }[] {
  const groups: { score: number; yes: number; no: number }[] = [];
  for (const { score, is } of sorted) {
    if (groups.at(-1)?.score !== score) groups.push({ score, yes: 0, no: 0 });
    groups.at(-1)![is ? "yes" : "no"] += 1;
  }
  return groups;
}
