import { gather, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { checkedSize } from "./dense.ts";
import { normalInitializer, type Initializer } from "./initializer.ts";
import type { Model } from "./model.ts";

/** One row per token, [vocabulary, channel]. */
export type EmbeddingParams = { readonly table: Tensor2D };

/**
 * The rows of a table: int32 tokens [...] → [..., channel]. The gradient adds each position's to its token's row.
 *
 * @throws RangeError for a size that is none; TypeError unless tokens are int32
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { embedding, key } from "@lab/tensor-core";
 * const layer = embedding(100, 8);
 * layer.apply(layer.init(key(0)), tensor2d([[1, 2, 3]], [1, 3], "int32")).shape; // => [ 1, 3, 8 ]
 * ```
 */
export function embedding(
  vocabulary: number,
  channels: number,
  { table = normalInitializer(0.02) }: { readonly table?: Initializer } = {},
): Model<EmbeddingParams> {
  checkedSize("an embedding", "vocabulary", vocabulary);
  checkedSize("an embedding", "channels", channels);
  return {
    init: (key) => ({ table: table(key, [vocabulary, channels]) as Tensor2D }),
    apply(params, tokens: Tensor) {
      if (tokens.dtype !== "int32") throw new TypeError(`Cannot apply an embedding: expected int32 tokens, got ${tokens.dtype}`);
      return gather(params.table, tokens);
    },
  };
}
