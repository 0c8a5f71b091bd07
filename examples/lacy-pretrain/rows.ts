import ndarray from "ndarray";
import { jit, readSync, scoped, uniformNumbers, foldIn, type Decoder, type DecoderParams, type Key } from "@lab/tensor-core";
import { at, dataset, fullBatch, type Dataset } from "@lab/tensor-core/data";
import { tokenLoss, windows, type TokenBatch } from "@lab/lacy";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Settings } from "./settings.ts";
import type { Subject, Subjects } from "./subjects.ts";

/** Rows of packed documents with what is known of each target: int32 [batch, time], and the larger model's loss, nats. */
export type Rows = TokenBatch & { readonly segments: Tensor2D; readonly factual: Tensor2D; readonly pattern: Tensor2D };
export type ReferredRows = Rows & { readonly reference: Tensor2D };

const FLAGS = ["factual", "pattern"] as const;

/** The documents one after the other, several times, each time in another order: which of them a row's end cuts differs from time to time. */
export function rowsOf(
  key: Key,
  subjects: readonly Subject[],
  { separator, call, context, orders }: Pick<Subjects, "separator" | "call"> & Pick<Settings, "context" | "orders">,
): Dataset<Rows> {
  const ordered = Array.from({ length: orders }, (_, i) => {
    const draws = uniformNumbers(foldIn(key, i), subjects.length);
    return subjects.map((subject, j) => ({ subject, draw: draws[j]! })).toSorted((a, b) => a.draw - b.draw);
  });
  return windows(
    ordered.flat().map(({ subject: { ids, flags } }) => ({ ids, flags })),
    { context, separator, call, flags: FLAGS },
  ) as Dataset<Rows>;
}

/** The rows in batches of the same size, the last of which repeats its last row: [rows of the dataset, how many count]. */
export function* wholeBatches<B extends Rows>(rows: Dataset<B>, size: number): Generator<{ readonly batch: Dataset<B>; readonly count: number }> {
  for (let from = 0; from < rows.size; from += size) {
    const count = Math.min(size, rows.size - from);
    yield {
      batch: at(
        rows,
        Array.from({ length: size }, (_, i) => from + Math.min(i, count - 1)),
      ),
      count,
    };
  }
}

/** The rows with the loss of each target under a model: what a rule with a reference asks for. */
export function withReference(
  rows: Dataset<Rows>,
  { model, params, size }: { readonly model: Decoder; readonly params: DecoderParams; readonly size: number },
): Dataset<ReferredRows> {
  using loss = jit((at: DecoderParams, { tokens, targets, segments }: Rows) => ({ loss: tokenLoss(model.apply(at, tokens, { segments }), targets) }));
  const [, context] = rows.fields.tokens.shape as [number, number];
  const reference = new Float32Array(rows.size * context);
  let row = 0;
  for (const { batch, count } of wholeBatches(rows, size)) {
    const found = scoped(() => readSync(loss(params, fullBatch(batch))).loss.data);
    reference.set(found.subarray(0, count * context) as Float32Array, row * context);
    row += count;
  }
  return dataset<ReferredRows>({ ...rows.fields, reference: ndarray(reference, [rows.size, context]) });
}
