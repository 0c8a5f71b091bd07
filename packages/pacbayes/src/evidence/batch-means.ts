import { finiteDraws, mean, type Draws } from "../diagnostics/draws.ts";
import { replicated, type Replicated } from "./replicated.ts";

/**
 * x̄ ± sd of the means of batches of successive draws, over √(number of batches) [Geyer1992, §3.2].
 *
 * `batches` of each chain, by default ⌊√N⌋ of N draws; the first draws that do not fill a batch are left out. Batches must be longer than the chain
 * remembers. NaN if a draw is not finite.
 *
 * @throws RangeError for chains of unequal length or of fewer than 4 draws, and unless there are at least 2 batches, of at least one draw
 * @example
 * ```ts
 * import { batchMeans } from "@lab/pacbayes";
 * batchMeans([[1, 3, 2, 4]], { batches: 2 }); // => { mean: 2.5, error: 0.5, count: 2 }
 * ```
 */
export function batchMeans(draws: Draws, { batches }: { readonly batches?: number } = {}): Replicated {
  const finite = finiteDraws("batchMeans", draws);
  const length = draws[0]!.length;
  const each = batches ?? Math.floor(Math.sqrt(length));
  if (!(Number.isInteger(each) && each >= 1 && each <= length && each * draws.length >= 2))
    throw new RangeError(`Cannot apply batchMeans: batches must be a whole number in [1, ${length}], and at least 2 in all, got ${each}`);
  if (finite === undefined) return { mean: NaN, error: NaN, count: each * draws.length };
  const size = Math.floor(length / each);
  return replicated(
    finite.flatMap((chain) => Array.from({ length: each }, (_, b) => mean(chain.subarray(length - (each - b) * size, length - (each - b - 1) * size)))),
  );
}
