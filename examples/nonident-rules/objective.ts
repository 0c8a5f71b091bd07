import { add, addN, cast, div, floor, gather, mul, neg, oneHot, range, slice, sum, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { foldIn, uniform, type Key } from "@lab/tensor-core";
import type { EnsembleParams, PostNormEnsemble } from "@lab/nonident";
import { VOCABULARY } from "./strings.ts";

/** −ln p of each next token of rows [row, width]: [seed, row, width − 1], nats. */
export function surprise([ensemble, params]: readonly [PostNormEnsemble, EnsembleParams], rows: Tensor, key?: Key): Tensor {
  const [count, width] = rows.shape as [number, number];
  const targets = oneHot(cast(slice(rows, [0, 1], [count, width - 1]), "int32"), VOCABULARY, 1, 0, "float32");
  return neg(sum(mul(ensemble.logProbs(params, slice(rows, [0, 0], [count, width - 1]), key), targets), -1));
}

/** One row from each of `count` equal parts: i ↦ ⌊(i + uᵢ) n / count⌋, so that each row is as likely and, at count = n, each comes once. */
function spread(key: Key, n: number, count: number): Tensor {
  return cast(floor(mul(add(range(0, count, 1, "float32"), mul(uniform(key, [count]), 0.999)), n / count)), "int32");
}

export type Extra = { readonly rows: Tensor; readonly trained: Tensor };

export type ObjectiveOptions = { readonly batch: number; readonly groups: number; readonly prompts: number };

/**
 * The sum over seeds of the mean of −ln p over all target positions, padding included, and of what the regime adds on completions. All seeds see the
 * same strings; each one's gradient is its own.
 *
 * Strings rise in length with their row, so that a group of them is cut after the longest that may be in it. The targets cut off are padding after
 * padding, and count as none; the mean stays one over all positions.
 */
export function objective(
  ensemble: PostNormEnsemble,
  [language, extra]: readonly [Tensor, Extra | undefined],
  { batch, groups, prompts }: ObjectiveOptions,
): (params: EnsembleParams, data: unknown, key: Key) => Scalar {
  const [count, width] = language.shape as [number, number];
  const each = batch / groups;
  if (!Number.isInteger(each)) throw new RangeError(`Cannot group strings: expected groups that divide ${batch}, got ${groups}`);
  // A start, as many a's as the group's last row, as many b's, an end, and one padding to predict.
  const widths = Array.from({ length: groups }, (_, g) => Math.min(width, 2 * Math.ceil((count * (g + 1)) / groups) + 3));
  return (params, _, key) => {
    const chosenRows = spread(foldIn(key, 0), count, batch);
    const sums = widths.map((width, g) => {
      const rows = slice(gather(language, slice(chosenRows, [g * each], [each])), [0, 0], [each, width]);
      return sum(surprise([ensemble, params], rows, foldIn(foldIn(key, 1), g)));
    });
    const likelihood = mul(addN(sums), 1 / (batch * (width - 1))) as Scalar;
    if (extra === undefined) return likelihood;
    const chosen = spread(foldIn(key, 2), extra.rows.shape[0]!, prompts);
    const trained = gather(extra.trained, chosen);
    const taught = mul(surprise([ensemble, params], gather(extra.rows, chosen), foldIn(key, 3)), trained);
    return add(likelihood, div(sum(taught), sum(trained))) as Scalar;
  };
}
