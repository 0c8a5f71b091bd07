/** What each block costs under what was learnt from those before it, nats. */
export type OnlineCode = {
  /** Σ of the blocks, nats. */
  readonly nats: number;
  readonly blocks: readonly number[];
};

export type OnlineCodeOptions<Block> = {
  /**
   * −log p(block | seen), nats, summed over the block's symbols, of a model that was trained on `seen` alone; before anything is seen it is the model's
   * start, or a uniform code.
   */
  readonly nats: (block: Block, seen: readonly Block[]) => number | Promise<number>;
};

/**
 * The length of the code in which a learner sends data block by block, each under the model of those before it: L = −Σᵢ log p(xᵢ | x_{<i})
 * [Blier2018; Voita2020]; short where it learns from little.
 *
 * The data's order and blocks are part of the code: state them. A code is one of the data only where each −log p is that of a normalised
 * distribution, fixed before the block is seen. Blocks are asked for one after another, so that a learner may go on from where it was.
 *
 * @throws RangeError for a block that costs less than 0 or NaN; Infinity stays
 * @example
 * ```ts
 * import { onlineCodeLength } from "@lab/nonident/representation";
 * // Laplace's rule of succession: 3 heads in 4 flips cost log(5 · 4) nats.
 * const nats = (flip: number, seen: readonly number[]): number => -Math.log((seen.filter((s) => s === flip).length + 1) / (seen.length + 2));
 * const code = await onlineCodeLength([1, 1, 0, 1], { nats });
 * Math.exp(code.nats).toFixed(6); // => '20.000000'
 * ```
 */
export async function onlineCodeLength<Block>(blocks: readonly Block[], { nats }: OnlineCodeOptions<Block>): Promise<OnlineCode> {
  const costs: number[] = [];
  for (const [i, block] of blocks.entries()) {
    const cost = await nats(block, blocks.slice(0, i));
    if (!(cost >= 0)) throw new RangeError(`Cannot sum a code: expected at least 0 nats for block ${i}, got ${cost}`);
    costs.push(cost);
  }
  return { nats: costs.reduce((sum, cost) => sum + cost, 0), blocks: costs };
}
