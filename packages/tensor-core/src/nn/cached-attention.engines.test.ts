import { fill, pad, slice, type Rank, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { normal } from "../random/draw.ts";
import { key } from "../random/key.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { cachedAttention, causalMask, selfAttention } from "./attention.ts";

await engine();

/** Five empty slots after the others. */
const BEYOND: [number, number][] = [
  [0, 0],
  [0, 5],
  [0, 0],
];

const SIZES = [
  { streams: 1, time: 1, heads: 1, keyValueHeads: 1, depth: 3 },
  { streams: 2, time: 21, heads: 4, keyValueHeads: 2, depth: 8 },
  { streams: 3, time: 50, heads: 2, keyValueHeads: 2, depth: 40 },
  { streams: 17, time: 7, heads: 3, keyValueHeads: 1, depth: 64 },
];

for (const { streams, time, heads, keyValueHeads, depth } of SIZES)
  test(`cachedAttention() of any last tokens is that of all at once: ${JSON.stringify({ streams, time, heads, keyValueHeads, depth })}`, () => {
    const counts = { heads, keyValueHeads };
    const inGraph = jit((rows: Tensor, cache: Tensor, lengths: Tensor1D) => cachedAttention(rows, { cache, lengths, ...counts }));
    noLeaks(() =>
      scoped(() => {
        const rows = normal(key(1), [streams, time, (heads + 2 * keyValueHeads) * depth]);
        const all = selfAttention(rows, { ...counts, segments: undefined, mask: () => causalMask(time) });
        // What lies beyond the last token plays no part.
        const cache = pad(slice(rows, [0, 0, heads * depth], [streams, time, 2 * keyValueHeads * depth]), BEYOND, 100);
        for (const before of new Set([0, Math.floor(time / 2), time - 1])) {
          const expected = slice(all, [0, before, 0], [streams, time - before, heads * depth]).dataSync();
          const asked = slice(rows, [0, before, 0], [streams, time - before, rows.shape[2]!]);
          const lengths = fill<Rank.R1>([streams], before, "int32");
          for (const heard of [cachedAttention(asked, { cache, lengths, ...counts }), inGraph(asked, cache, lengths)])
            for (const [i, v] of [...heard.dataSync()].entries()) expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-5);
        }
      }),
    );
  });
