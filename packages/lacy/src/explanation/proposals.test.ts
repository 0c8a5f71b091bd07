import { bytePairTokenizer, learnedBytePairs, logProbs } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import type { SmallModel } from "../cascade/generate.ts";
import { capitalsTagger } from "../facts/capitals.ts";
import { proposals } from "./proposals.ts";

const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
/** Wants "e" before all, then the end and `<CALL>` still more: neither may be proposed. */
const logits = Array.from({ length: 258 }, (_, v) => (v >= 256 ? 9 : v === tokenizer.encode("e")[0] ? 2 : 0));
const small: SmallModel = { vocabulary: 258, logProbs: () => logProbs(logits), logits: () => logits };

describe("proposals()", () => {
  it("proposals() are the likeliest own tokens at whole characters, with the loss and kind of the true ones", async () => {
    const found = await proposals(small, "see é 19", { tokenizer, tagger: capitalsTagger(), count: 99 });
    expect(found.map(({ actual }) => actual).join("")).toBe("ee  19");
    expect(new Set(found.map(({ proposed }) => proposed))).toEqual(new Set(["e"]));
    expect(found[0]).toMatchObject({ context: "s", continuation: "e é 19", kind: "other" });
    expect(found.at(-1)).toMatchObject({ context: "see é 1", continuation: "", kind: "factual" });
    // ln of 255 tokens at logit 0 and one at 2; `<end>` and `<CALL>` have no share.
    const partition = Math.log(255 + Math.exp(2));
    expect(found[0]!.loss).toBeCloseTo(partition - 2, 12);
    expect(found.at(-1)!.loss).toBeCloseTo(partition, 12);
  });

  it("proposals() are spread over the text, as many as are asked for", async () => {
    const found = await proposals(small, "abcdefghi", { tokenizer, tagger: capitalsTagger(), count: 2 });
    expect(found.map(({ context }) => context.length)).toEqual([3, 7]);
    expect(await proposals(small, "", { tokenizer, tagger: capitalsTagger(), count: 2 })).toEqual([]);
    await expect(proposals(small, "a", { tokenizer, tagger: capitalsTagger(), count: 0.5 })).rejects.toThrow("count must be a whole number, got 0.5");
  });
});
