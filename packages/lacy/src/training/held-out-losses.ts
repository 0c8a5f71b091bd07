import { at, fullBatch, type Dataset } from "@lab/tensor-core/data";
import { jit, own, readSync, type Decoder, type DecoderParams, type Tree } from "@lab/tensor-core";
import { cast, greater, mean, type Scalar, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { tokenLoss, type TokenLoss } from "../evidence/token-loss.ts";
import { highest } from "../selection/highest.ts";
import { every } from "../selection/selector.ts";
import { callLosses, callMargin, type CallLosses } from "./call-losses.ts";
import type { TokenBatch } from "./pretrain.ts";

/** Means over tokens, nats: on the mask, off it, over all; NaN where there are none; exp(nonCallLoss); and shares of the tokens. */
export type HeldOutLosses = {
  readonly callLoss: number;
  readonly nonCallLoss: number;
  readonly totalLoss: number;
  readonly perplexity: number;
  /** What is on the mask: the fraction that was asked for, rounded in each batch. */
  readonly callRate: number;
  /** Where `<CALL>` is above all other tokens: what greedy decoding without a budget would call. It says how long was trained, more than where to call [Ujvary2026]. */
  readonly greedyCallRate: number;
};

type Trained = { readonly model: Pick<Decoder, "apply">; readonly params: DecoderParams };

export type HeldOutOptions<Batch extends TokenBatch> = {
  readonly data: Dataset<Batch & { readonly [name: string]: Tensor2D }>;
  /** The share of each batch that is on the mask. */
  readonly fraction?: number;
  /** Rows of a batch. */
  readonly size?: number;
  /** A model of the same tokenizer, measured on the mask of the first. */
  readonly other?: Trained;
  /** Called after each batch with the rows measured so far. */
  readonly onRows?: (rows: number) => void;
};

/**
 * The losses of a model over a data set on and off the places where it wants to call most, and those of another model on the very same places: means over tokens [Ujvary2026].
 *
 * The mask of each batch is `highest` of the first model's `callMargin`. All rows count, also those of a last batch that is smaller. Rows that are filled up are not known of.
 *
 * @throws RangeError unless size is a whole number of at least 1 and 0 ≤ fraction ≤ 1
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { heldOutLosses, windows } from "@lab/lacy";
 * const model = decoder({ vocabulary: 9, context: 4, layers: 1, channels: 8, heads: 2 });
 * const data = windows([{ ids: [1, 2, 3, 4, 5, 6, 7] }], { context: 3, separator: 0, call: 8 });
 * const params = model.init(key(0));
 * const { own, other } = await heldOutLosses({ model, params }, { data, fraction: 0.5, other: { model, params } });
 * own.callLoss === other?.callLoss; // => true
 * ```
 */
export async function heldOutLosses<Batch extends TokenBatch>(
  { model, params }: Trained,
  { data, fraction = 0.15, size = 16, other, onRows }: HeldOutOptions<Batch>,
): Promise<{ readonly own: HeldOutLosses; readonly other?: HeldOutLosses }> {
  if (!(Number.isInteger(size) && size >= 1)) throw new RangeError(`Cannot measure losses: size must be a whole number of at least 1, got ${size}`);
  const masked = highest((known: TokenLoss & { readonly margin: Tensor2D }) => known.margin, { among: every, fraction });
  using measured = jit((mine: DecoderParams, its: DecoderParams, { tokens, targets, segments }: TokenBatch & Tree) => {
    const apart = segments === undefined ? {} : { segments };
    const logits = model.apply(mine, tokens, apart);
    const margin = callMargin(logits);
    const mask = masked({ loss: margin, margin });
    const of = (z: Tensor3D): CallLosses & { readonly greedy: Scalar } => ({
      ...callLosses(tokenLoss(z, targets), mask),
      greedy: mean<Scalar>(cast(greater(callMargin(z), 0), "float32")),
    });
    return { own: of(logits), ...(other !== undefined && { other: of(other.model.apply(its, tokens, apart)) }) };
  });
  const sums = { own: { call: 0, rest: 0, called: 0, greedy: 0, all: 0 }, other: { call: 0, rest: 0, called: 0, greedy: 0, all: 0 } };
  for (let from = 0; from < data.size; from += size) {
    const rows = Math.min(size, data.size - from);
    using batch = own(() =>
      fullBatch(
        at(
          data,
          Int32Array.from({ length: rows }, (_, i) => from + i),
        ),
      ),
    );
    using found = own(() => measured(params, other?.params ?? params, batch.value));
    const seen = readSync(found.value);
    for (const which of ["own", "other"] as const) {
      const losses = seen[which];
      if (losses === undefined) continue;
      const share = Number(losses.callShare.data[0]);
      const sum = sums[which];
      sum.call += rows * share * Number(losses.callLoss.data[0]);
      sum.rest += rows * (1 - share) * Number(losses.nonCallLoss.data[0]);
      sum.called += rows * share;
      sum.greedy += rows * Number(losses.greedy.data[0]);
      sum.all += rows;
    }
    onRows?.(from + rows);
    // Others may work between batches.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const means = ({ call, rest, called, greedy, all }: (typeof sums)["own"]): HeldOutLosses => {
    const nonCallLoss = rest / (all - called);
    const losses = { callLoss: call / called, nonCallLoss, totalLoss: (call + rest) / all, perplexity: Math.exp(nonCallLoss) };
    return { ...losses, callRate: called / all, greedyCallRate: greedy / all };
  };
  return { own: means(sums.own), ...(other !== undefined && { other: means(sums.other) }) };
}
