import { key, uniformNumbers } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { onlineCodeLength } from "./online-code-length.ts";

/** −log of Laplace's rule for a block of flips, given what came before it. */
function laplace(block: readonly number[], seen: readonly (readonly number[])[]): number {
  const before = seen.flat();
  return block.reduce((sum, flip, i) => {
    const known = [...before, ...block.slice(0, i)];
    return sum - Math.log((known.filter((s) => s === flip).length + 1) / (known.length + 2));
  }, 0);
}
const logFactorial = (n: number): number => Array.from({ length: n }, (_, i) => Math.log(i + 1)).reduce((sum, x) => sum + x, 0);
const flips = [...uniformNumbers(key(3), 60)].map((u) => Number(u < 0.3));
const blocks = (size: number): number[][] => Array.from({ length: flips.length / size }, (_, i) => flips.slice(i * size, (i + 1) * size));

describe("onlineCodeLength()", () => {
  it("onlineCodeLength() of Laplace's rule is −log of the evidence, whatever the blocks", async () => {
    const heads = flips.filter((flip) => flip === 1).length;
    // ∫ θʰ (1 − θ)ⁿ⁻ʰ dθ = h! (n − h)! / (n + 1)!
    const evidence = logFactorial(61) - logFactorial(heads) - logFactorial(60 - heads);
    for (const size of [1, 4, 60]) expect((await onlineCodeLength(blocks(size), { nats: laplace })).nats).toBeCloseTo(evidence, 9);
  });

  it("onlineCodeLength() is the sum of held-out losses, asked in order with only what came before", async () => {
    const asked: (readonly [number, readonly number[]])[] = [];
    const code = await onlineCodeLength([3, 1, 2], {
      async nats(block, seen) {
        asked.push([block, seen]);
        return Promise.resolve(block / 2);
      },
    });
    expect(code).toEqual({ nats: 3, blocks: [1.5, 0.5, 1] });
    expect(asked).toEqual([
      [3, []],
      [1, [3]],
      [2, [3, 1]],
    ]);
  });

  it("onlineCodeLength() of nothing is 0, of the impossible infinite, and refuses what is no code", async () => {
    expect(await onlineCodeLength([], { nats: () => 1 })).toEqual({ nats: 0, blocks: [] });
    expect((await onlineCodeLength([1, 2], { nats: (block) => (block === 2 ? Infinity : 1) })).nats).toBe(Infinity);
    for (const cost of [-0.1, NaN]) await expect(onlineCodeLength([1], { nats: () => cost })).rejects.toThrow(`for block 0, got ${cost}`);
  });
});
