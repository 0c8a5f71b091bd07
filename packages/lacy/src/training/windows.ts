import ndarray from "ndarray";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Token } from "@lab/tensor-core";
import { dataset, type Dataset } from "@lab/tensor-core/data";

/** The tokens of a document, and by name what is known of each of them: 0 or 1. */
export type TokenDocument<Flag extends string = string> = { readonly ids: ArrayLike<Token>; readonly flags?: { readonly [F in Flag]: ArrayLike<number> } };

/** int32 [batch, time]: tokens and their targets, the document of each token within its row, and what is known of each target. */
export type WindowBatch<Flag extends string> = { readonly tokens: Tensor2D; readonly targets: Tensor2D; readonly segments: Tensor2D } & {
  readonly [F in Flag]: Tensor2D;
};

export type WindowOptions<Flag extends string> = {
  /** Tokens a row. */
  readonly context: number;
  /** The token that begins every document; it is the target after the last token of the document before. */
  readonly separator: Token;
  /** `<CALL>`, the last of the vocabulary, which must not occur in a text. */
  readonly call: Token;
  /** The names of the flags; a document that lacks one has none of it. */
  readonly flags?: readonly Flag[];
};

/**
 * Documents, each after the separator, one after the other, cut into rows of `context` tokens and the targets that follow them; the rest that fills no row
 * is left out. A flag stands where its token is the target. Flags belong to the document: a cut does not change them.
 *
 * @throws RangeError for a context below 1, documents that fill no row, flags of another length than their document, and tokens outside [0, call)
 * @example
 * ```ts
 * import { windows } from "@lab/lacy";
 * const rows = windows([{ ids: [1, 2] }, { ids: [3, 4, 5] }], { context: 3, separator: 0, call: 9 });
 * [rows.fields.tokens.data, rows.fields.targets.data, rows.fields.segments.data].map((x) => [...x].join(" ")); // => [ '0 1 2 0 3 4', '1 2 0 3 4 5', '0 0 0 0 0 0' ]
 * ```
 */
export function windows<const Flag extends string = never>(
  documents: Iterable<TokenDocument<Flag>>,
  { context, separator, call, flags = [] }: WindowOptions<Flag>,
): Dataset<WindowBatch<Flag>> {
  if (!(Number.isInteger(context) && context >= 1)) throw new RangeError(`Cannot lay out rows: expected a context of at least 1 token, got ${context}`);
  const list = [...documents];
  const total = list.reduce((n, { ids }) => n + ids.length + 1, 0);
  const rows = Math.floor((total - 1) / context);
  if (rows < 1) throw new RangeError(`Cannot lay out rows: expected more than ${context} tokens, got ${total}`);
  const stream = new Int32Array(total);
  const owner = new Int32Array(total);
  const known = flags.map(() => new Uint8Array(total));
  let at = 0;
  list.forEach(({ ids, flags: given }, document) => {
    owner.fill(document, at, at + ids.length + 1);
    stream[at++] = separator;
    for (const [i, name] of flags.entries()) {
      const values = given?.[name];
      if (values === undefined) continue;
      if (values.length !== ids.length)
        throw new RangeError(`Cannot lay out rows: expected ${ids.length} flags "${name}" of document ${document}, got ${values.length}`);
      for (let t = 0; t < ids.length; t++) known[i]![at + t] = values[t]! > 0 ? 1 : 0;
    }
    stream.set(ids, at);
    at += ids.length;
  });
  const stray = stream.find((token) => !(token >= 0 && token < call));
  if (stray !== undefined) throw new RangeError(`Cannot lay out rows: expected tokens below <CALL>, ${call}, got ${stray}`);
  const cut = <A extends Int32Array | Uint8Array>(x: A, shift: number): ReturnType<typeof ndarray<A>> =>
    ndarray(x.slice(shift, shift + rows * context) as A, [rows, context]);
  const segments = Int32Array.from(owner.subarray(0, rows * context), (document, i) => document - owner[i - (i % context)]!);
  const fields = {
    tokens: cut(stream, 0),
    targets: cut(stream, 1),
    segments: ndarray(segments, [rows, context]),
    ...Object.fromEntries(flags.map((name, i) => [name, cut(known[i]!, 1)])),
  } as Dataset<WindowBatch<Flag>>["fields"];
  return dataset(fields) as unknown as Dataset<WindowBatch<Flag>>;
}
