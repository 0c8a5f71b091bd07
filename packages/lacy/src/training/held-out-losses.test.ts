import { mul } from "@tensorflow/tfjs-core";
import { decoder, engine, key, map, own, readSync, scoped } from "@lab/tensor-core";
import { fullBatch } from "@lab/tensor-core/data";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { tokenLoss } from "../evidence/token-loss.ts";
import { callMargin } from "./call-losses.ts";
import { heldOutLosses } from "./held-out-losses.ts";
import { windows } from "./windows.ts";

await engine();
const model = decoder({ vocabulary: 12, context: 4, layers: 1, channels: 8, heads: 2 });
const data = windows([{ ids: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 3, 1, 2] }], { context: 4, separator: 0, call: 11 });

describe("heldOutLosses()", () => {
  it("heldOutLosses() are means over all tokens, on and off the first model's highest margins of each batch, for both models", async () => {
    // Weights large enough for <CALL> to stand first at some places.
    using mine = own(() => map((x) => mul(x, 20), model.init(key(3))));
    using its = own(() => model.init(key(2)));
    const size = 2;
    const rows: number[] = [];
    const found = await noLeaks(() =>
      heldOutLosses({ model, params: mine.value }, { data, size, fraction: 0.25, other: { model, params: its.value }, onRows: (seen) => void rows.push(seen) }),
    );
    expect(rows).toEqual([2, 3]);
    const { margins, losses, others } = scoped(() => {
      const { tokens, targets, segments } = fullBatch(data);
      const logits = model.apply(mine.value, tokens, { segments });
      return readSync({
        margins: callMargin(logits),
        losses: tokenLoss(logits, targets),
        others: tokenLoss(model.apply(its.value, tokens, { segments }), targets),
      });
    });
    const above = Array.from(margins.data).filter((margin) => Number(margin) > 0).length;
    expect([found.own.greedyCallRate, above > 0 && above < 12]).toEqual([expect.closeTo(above / 12, 6), true]);
    const called = [0, 2].flatMap((row) => {
      const places = Array.from({ length: 4 * Math.min(size, 3 - row) }, (_, i) => 4 * row + i);
      return places.toSorted((a, b) => Number(margins.data[b]) - Number(margins.data[a])).slice(0, places.length / 4);
    });
    for (const [measured, table] of [
      [found.own, losses],
      [found.other!, others],
    ] as const) {
      const mean = (keep: (i: number) => boolean): number => {
        const kept = Array.from({ length: 12 }, (_, i) => i).filter(keep);
        return kept.reduce((sum, i) => sum + Number(table.data[i]), 0) / kept.length;
      };
      // float32 sums of a few losses near 2.4: not derived.
      expect(measured.callLoss).toBeCloseTo(
        mean((i) => called.includes(i)),
        5,
      );
      expect(measured.nonCallLoss).toBeCloseTo(
        mean((i) => !called.includes(i)),
        5,
      );
      expect(measured.totalLoss).toBeCloseTo(
        mean(() => true),
        5,
      );
      expect(measured.perplexity).toBe(Math.exp(measured.nonCallLoss));
      expect(measured.callRate).toBe(called.length / 12);
    }
  });

  it("heldOutLosses() refuses a batch of no rows", async () => {
    await expect(heldOutLosses({ model, params: {} as never }, { data, size: 0 })).rejects.toThrow("size must be a whole number of at least 1, got 0");
  });
});
