import {
  add,
  cast,
  clipByValue,
  equal,
  expandDims,
  fill,
  gather,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  range,
  reshape,
  sub,
  sum,
  where,
  zeros,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { besideEachOther, groupedAttention, headsOf } from "../nn/attention.ts";
import type { Decoder } from "../nn/decoder.ts";
import type { DecoderParams } from "../nn/decoder-params.ts";
import { axes, ShapeError } from "../shapes.ts";

/**
 * What a decoder remembers of several streams of tokens: keys and values of each layer, [stream, head, capacity, depth], and how many tokens of each stream
 * are in them, int32 [stream]. Smaller lengths take tokens back.
 */
export type KeyValueCache = { readonly keys: readonly Tensor[]; readonly values: readonly Tensor[]; readonly lengths: Tensor1D };

/** The logits after the last new token of each stream, [stream, vocabulary], and the cache with the new tokens in it. */
export type Extended = { readonly logits: Tensor2D; readonly cache: KeyValueCache };

/**
 * An empty cache for so many streams.
 *
 * @throws RangeError unless 1 ≤ capacity ≤ the decoder's context, and for less than one stream
 * @example
 * ```ts
 * import { decoder, keyValueCache } from "@lab/tensor-core";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2 });
 * keyValueCache(model, 3).keys[0]?.shape; // => [ 3, 2, 16, 4 ]
 * ```
 */
export function keyValueCache(
  { shape }: Pick<Decoder, "shape">,
  streams: number,
  { capacity = shape.context }: { readonly capacity?: number } = {},
): KeyValueCache {
  if (!(Number.isInteger(streams) && streams >= 1)) throw new RangeError(`Cannot lay out a cache: expected at least one stream, got ${streams}`);
  if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= shape.context))
    throw new RangeError(`Cannot lay out a cache: expected a capacity of 1 to ${shape.context} tokens, got ${capacity}`);
  const empty = (): Tensor[] => Array.from({ length: shape.layers }, () => zeros([streams, shape.keyValueHeads, capacity, shape.channels / shape.heads]));
  return { keys: empty(), values: empty(), lengths: zeros([streams], "int32") };
}

/**
 * The logits after new tokens of each stream, which attend to those in the cache and to each other as they would without a cache.
 *
 * `tokens` int32 [stream, time]; `counts` int32 [stream], in 1 … time, says how many of them count, so that streams of different lengths are extended
 * together: all unless told. One token is the step of generation, many are a prompt. The shapes do not depend on how full the cache is: one compiled
 * graph serves all positions. Tokens beyond the capacity are not remembered; `lengths` counts them.
 *
 * @throws ShapeError unless tokens and counts fit the cache's streams, and for more tokens than its capacity; TypeError for tokens that are not int32
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { decoder, extended, key, keyValueCache } from "@lab/tensor-core";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2 });
 * const params = model.init(key(0));
 * const prompt = extended(model, params, { cache: keyValueCache(model, 1), tokens: tensor2d([[3, 1, 4]], [1, 3], "int32") });
 * const next = extended(model, params, { cache: prompt.cache, tokens: tensor2d([[1]], [1, 1], "int32") });
 * [next.logits.shape, ...next.cache.lengths.dataSync()]; // => [ [ 1, 50 ], 4 ]
 * ```
 */
export function extended(
  decoder: Pick<Decoder, "shape" | "stream" | "head">,
  params: DecoderParams,
  { cache, tokens, counts }: { readonly cache: KeyValueCache; readonly tokens: Tensor2D; readonly counts?: Tensor1D },
): Extended {
  const { channels } = decoder.shape;
  const { streams, time } = axes(
    "extended",
    [tokens, "streams time"],
    [cache.lengths, "streams"],
    ...(counts === undefined ? [] : [[counts, "streams"] as const]),
  );
  const capacity = cache.keys[0]!.shape[2]!;
  if (time > capacity) throw new ShapeError(`Cannot extend a cache: expected at most ${capacity} tokens, got [${tokens.shape.join(", ")}]`);
  const added = counts ?? (fill([streams], time, "int32") as Tensor1D);
  const slots = range(0, capacity, 1, "int32");
  const rows = range(0, time, 1, "int32");
  const positions = add(expandDims(cache.lengths, 1), expandDims(rows, 0));
  // Where each slot's content comes from among the new tokens: [stream, capacity].
  const source = sub(expandDims(slots, 0), expandDims(cache.lengths, 1));
  const isNew = reshape(logicalAnd(greaterEqual(source, 0), less(source, expandDims(added, 1))), [streams, 1, capacity, 1]);
  const from = cast(clipByValue(source, 0, time - 1), "int32");
  const visible = lessEqual(reshape(slots, [1, 1, capacity]), expandDims(positions, 2));
  const mask = reshape(where(visible, 0, -1e9), [streams, 1, time, capacity]);
  const keys: Tensor[] = [];
  const values: Tensor[] = [];

  const written = (old: Tensor, fresh: Tensor): Tensor => where(isNew, time === 1 ? fresh : gather(fresh, from, 2, 1), old);

  const stream = decoder.stream(
    params,
    tokens,
    (rows, layer) => {
      const [q, k, v] = headsOf(rows, decoder.shape);
      keys.push(written(cache.keys[layer]!, k));
      values.push(written(cache.values[layer]!, v));
      return besideEachOther(groupedAttention(q, keys[layer]!, values[layer]!, mask));
    },
    positions,
  );
  return { logits: decoder.head(params, last(stream, added, channels)) as Tensor2D, cache: { keys, values, lengths: add(cache.lengths, added) } };
}

/** The row of each stream's last token that counts: [stream, channel]. */
function last(stream: Tensor, counts: Tensor1D, channels: number): Tensor {
  const [streams, time] = stream.shape as [number, number, number];
  if (time === 1) return reshape(stream, [streams, channels]);
  const is = equal(range(0, time, 1, "int32"), expandDims(sub(counts, 1), 1));
  return sum(where(expandDims(is, 2), stream, 0), 1);
}
