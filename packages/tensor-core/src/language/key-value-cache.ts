import {
  add,
  cast,
  clipByValue,
  equal,
  expandDims,
  fill,
  gather,
  gatherND,
  greaterEqual,
  less,
  logicalAnd,
  minimum,
  range,
  reshape,
  scalar,
  slice,
  stack,
  sub,
  sum,
  tensorScatterUpdate,
  where,
  zeros,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { hasOwnOperations } from "../engine/own-operation.ts";
import { cachedAttention } from "../nn/attention.ts";
import type { Decoder } from "../nn/decoder.ts";
import type { DecoderParams } from "../nn/decoder-params.ts";
import { axes, ShapeError } from "../shapes.ts";

/**
 * What a decoder remembers of several streams of tokens: for each layer all keys and then all values of a token beside each other,
 * [stream, capacity, 2 · key-value heads · depth], and how many tokens of each stream are there, int32 [stream]. Smaller lengths take tokens back.
 */
export type KeyValueCache = { readonly layers: readonly Tensor[]; readonly lengths: Tensor1D };

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
 * keyValueCache(model, 3).layers[0]?.shape; // => [ 3, 16, 16 ]
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
  const width = (2 * shape.keyValueHeads * shape.channels) / shape.heads;
  return { layers: Array.from({ length: shape.layers }, () => zeros([streams, capacity, width])), lengths: zeros([streams], "int32") };
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
  const { channels, heads, keyValueHeads } = decoder.shape;
  const { streams, time } = axes(
    "extended",
    [tokens, "streams time"],
    [cache.lengths, "streams"],
    ...(counts === undefined ? [] : [[counts, "streams"] as const]),
  );
  const capacity = cache.layers[0]!.shape[1]!;
  if (time > capacity) throw new ShapeError(`Cannot extend a cache: expected at most ${capacity} tokens, got [${tokens.shape.join(", ")}]`);
  const added = counts ?? (fill([streams], time, "int32") as Tensor1D);
  const positions = add(expandDims(cache.lengths, 1), expandDims(range(0, time, 1, "int32"), 0));
  const written = time === 1 && counts === undefined && hasOwnOperations() ? inPlace(cache.lengths, capacity) : whole(cache.lengths, { added, time, capacity });
  const layers: Tensor[] = [];
  const stream = decoder.stream(
    params,
    tokens,
    (rows, layer) => {
      const width = cache.layers[layer]!.shape[2]!;
      layers.push(written(cache.layers[layer]!, slice(rows, [0, 0, rows.shape[2]! - width], [streams, time, width])));
      return cachedAttention(rows, { cache: layers[layer]!, lengths: cache.lengths, heads, keyValueHeads });
    },
    positions,
  );
  return { logits: decoder.head(params, last(stream, added, channels)) as Tensor2D, cache: { layers, lengths: add(cache.lengths, added) } };
}

/** A layer's cache with new rows, [stream, time, width], in it. */
type Written = (old: Tensor, fresh: Tensor) => Tensor;

/** One row of each stream is replaced, which a loop in a graph does without a copy: the step of generation. Where a cache is full its last row stays. */
function inPlace(lengths: Tensor1D, capacity: number): Written {
  const streams = lengths.shape[0];
  const at = stack([range(0, streams, 1, "int32"), minimum(lengths, scalar(capacity - 1, "int32"))], 1);
  const fits = expandDims(less(lengths, capacity), 1);
  return (old, fresh) => tensorScatterUpdate(old, at, where(fits, reshape(fresh, [streams, fresh.shape[2]!]), gatherND(old, at)));
}

/** Every slot is written anew, from the new rows or from itself. */
function whole(lengths: Tensor1D, { added, time, capacity }: { readonly added: Tensor1D; readonly time: number; readonly capacity: number }): Written {
  // Where each slot's content comes from among the new tokens: [stream, capacity].
  const source = sub(expandDims(range(0, capacity, 1, "int32"), 0), expandDims(lengths, 1));
  const isNew = expandDims(logicalAnd(greaterEqual(source, 0), less(source, expandDims(added, 1))), 2);
  const from = cast(clipByValue(source, 0, time - 1), "int32");
  return (old, fresh) => where(isNew, time === 1 ? fresh : gather(fresh, from, 1, 1), old);
}

/** The row of each stream's last token that counts: [stream, channel]. */
function last(stream: Tensor, counts: Tensor1D, channels: number): Tensor {
  const [streams, time] = stream.shape as [number, number, number];
  if (time === 1) return reshape(stream, [streams, channels]);
  const is = equal(range(0, time, 1, "int32"), expandDims(sub(counts, 1), 1));
  return sum(where(expandDims(is, 2), stream, 0), 1);
}
