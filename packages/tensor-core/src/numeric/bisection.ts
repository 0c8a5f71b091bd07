/** Two neighbouring floats: the last where a condition holds and the first where it fails. */
export type Bracket = { readonly holds: number; readonly fails: number };

/**
 * Where a condition that holds at `from` and fails at `to` stops holding, by halving until no float lies between.
 *
 * Of a monotone condition the two ends are neighbours and enclose the root: take the one on the safe side, which rounds outward to the last float. Write
 * the condition so that NaN fails it, or holds, whichever is safe. Of another condition the ends enclose one of its changes.
 *
 * @throws RangeError unless the ends are finite, the condition holds at `from` and fails at `to`
 * @example
 * ```ts
 * import { bisection } from "@lab/tensor-core";
 * const { holds, fails } = bisection((x) => x * x <= 2, { from: 0, to: 2 });
 * [holds * holds <= 2, fails * fails <= 2, fails - holds < 3e-16]; // => [ true, false, true ]
 * ```
 */
export function bisection(condition: (x: number) => boolean, { from, to }: { readonly from: number; readonly to: number }): Bracket {
  if (!(Number.isFinite(from) && Number.isFinite(to))) throw new RangeError(`Cannot bisect: expected finite ends, got ${from} and ${to}`);
  if (!condition(from)) throw new RangeError(`Cannot bisect: expected the condition to hold at ${from}, got a failure`);
  if (condition(to)) throw new RangeError(`Cannot bisect: expected the condition to fail at ${to}, got that it holds`);
  let [holds, fails] = [from, to];
  for (;;) {
    // Halved before they are added: the sum of two large numbers would overflow. Subnormal numbers do not halve exactly.
    const sum = holds + fails;
    const middle = Number.isFinite(sum) ? sum / 2 : holds / 2 + fails / 2;
    if (middle === holds || middle === fails) return { holds, fails };
    if (condition(middle)) holds = middle;
    else fails = middle;
  }
}
