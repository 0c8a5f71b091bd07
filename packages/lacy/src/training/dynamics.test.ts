import {
  add,
  gather,
  logSumExp,
  max,
  mean,
  reshape,
  slice,
  squeeze,
  sub,
  tensor1d,
  tensor2d,
  zeros,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { applyUpdates, engine, iterate, jit, key, normal, scale, scoped, valueAndGrad } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { callLosses, callMargin } from "./call-losses.ts";
import { tokenLoss } from "../evidence/token-loss.ts";
import type { Mask } from "../selection/selector.ts";
import { delegationLoss } from "./delegation-loss.ts";

await engine();

/** A position of an expected batch: its context, its target, and whether it is called. */
type Position = readonly [context: number, target: number, called: 0 | 1];
const numbers = (x: Tensor): number[] => [...x.dataSync()];

/** Gradient descent on the delegation loss of a table of logits, [context, V + 1], over these positions with equal weight. */
function descended(
  positions: readonly Position[],
  { contexts, own, steps, rate }: { contexts: number; own: number; steps: number; rate: number },
): { s: number[]; m: number[]; call: number[] } {
  return scoped(() => {
    const row = (i: 0 | 1): Tensor =>
      tensor1d(
        positions.map((position) => position[i]!),
        "int32",
      );
    const targets = reshape(row(1), [1, positions.length]) as Tensor2D;
    const called = tensor2d([positions.map(([, , c]) => c)], [1, positions.length], "bool") as Mask;
    const where = row(0);
    using train = jit((start: { readonly z: Tensor2D }) =>
      iterate(
        steps,
        (at) => {
          const loss = valueAndGrad(({ z }: { z: Tensor2D }) =>
            delegationLoss(reshape(gather(z, where), [1, positions.length, own + 1]) as Tensor3D, targets, { calls: () => called, evidence: {} }),
          );
          // The mean is over all positions: a context sees its own mean loss at a rate of its own.
          return applyUpdates(at, scale(-rate * contexts, loss(at).grad));
        },
        start,
      ),
    );
    const { z } = train({ z: zeros([contexts, own + 1]) as Tensor2D });
    const [mine, call] = [slice(z, [0, 0], [contexts, own]), squeeze(slice(z, [0, own], [contexts, 1]), [1])];
    return { s: numbers(sub(call, logSumExp(mine, -1))), m: numbers(sub(call, max(mine, -1))), call: numbers(call) };
  });
}

function spearman(xs: readonly number[], ys: readonly number[]): number {
  const ranks = (values: readonly number[]): number[] => values.map((x) => values.filter((y) => y < x).length + (values.filter((y) => y === x).length - 1) / 2);
  const [a, b] = [ranks(xs), ranks(ys)];
  const centre = (xs.length - 1) / 2;
  const product = (u: readonly number[], v: readonly number[]): number => u.reduce((total, x, i) => total + (x - centre) * (v[i]! - centre), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe("the dynamics of delegation", () => {
  it("s + e^s of one context grows by η κ (1 + 1/V) t under uniform targets", () => {
    const [own, steps, rate] = [4, 400, 0.1];
    // Each of four targets four times, once of them called: κ = 1/4.
    const positions = Array.from({ length: 16 }, (_, i): Position => [0, i % own, i < 4 ? 1 : 0]);
    const [s] = descended(positions, { contexts: 1, own, steps, rate }).s as [number];
    const start = -Math.log(own);
    const grown = s + Math.exp(s) - (start + Math.exp(start));
    expect(Math.abs(grown / (rate * 0.25 * (1 + 1 / own) * steps) - 1)).toBeLessThan(0.01);
  });

  it("under a random mask s hardly depends on the context, and m ranks contexts by uncertainty", () => {
    const [contexts, own] = [40, 5];
    // Context c has its first target 4 + 2c times as often as each other has 4; a quarter of each is called.
    const counts = Array.from({ length: contexts }, (_, c) => Array.from({ length: own }, (_unused, v) => (v === 0 ? 4 + 2 * c : 4)));
    // About as many positions for each context, so that it has about the same weight.
    const total = 80;
    const positions = counts.flatMap((row, c) => {
      const sum = row.reduce((a, b) => a + b);
      return row.flatMap((count, v) => Array.from({ length: Math.round((count / sum) * total) * 4 }, (_, i): Position => [c, v, i % 4 === 0 ? 1 : 0]));
    });
    const { s, m } = descended(positions, { contexts, own, steps: 1000, rate: 1 });
    expect(Math.max(...s) - Math.min(...s)).toBeLessThan(1);
    const sharpness = counts.map((row) => Math.max(...row) / row.reduce((a, b) => a + b));
    expect(spearman(m, sharpness)).toBeLessThan(-0.9);
  });

  it("with calls of different frequency s ranks contexts by it", () => {
    const [contexts, own, each] = [48, 4, 96];
    // From one call in 96 to one in two, in no order, under two to four targets.
    const frequency = Array.from({ length: contexts }, (_, c) => 1 + ((c * 29) % 48));
    const positions = frequency.flatMap((calls, c) => Array.from({ length: each }, (_, i): Position => [c, i % (2 + (c % 3)), i < calls ? 1 : 0]));
    const { s } = descended(positions, { contexts, own, steps: 1000, rate: 1 });
    expect(spearman(s, frequency)).toBeGreaterThan(0.95);
  });
});

describe("callLosses() and callMargin()", () => {
  const logits = (): Tensor3D => normal(key(4), [2, 5, 7]) as Tensor3D;
  const targets = (): Tensor2D => tensor2d([0, 3, 1, 5, 2, 4, 4, 0, 1, 3], [2, 5], "int32");

  it("callLosses() sums to the total loss by its shares, and is 0 where there is no position", () =>
    scoped(() => {
      const loss = tokenLoss(logits(), targets());
      for (const bits of [[1, 0, 0, 1, 1, 0, 0, 0, 1, 0], Array(10).fill(0) as number[], Array(10).fill(1) as number[]]) {
        const { callLoss, nonCallLoss, totalLoss, callShare } = callLosses(loss, tensor2d(bits, [2, 5], "bool") as Mask);
        const share = numbers(callShare)[0]!;
        expect(share * numbers(callLoss)[0]! + (1 - share) * numbers(nonCallLoss)[0]!).toBeCloseTo(numbers(totalLoss)[0]!, 5);
        expect(numbers(totalLoss)[0]).toBeCloseTo(numbers(mean(loss))[0]!, 6);
      }
      expect(() => callLosses(loss, tensor2d([[1]], [1, 1], "bool") as Mask)).toThrow("expected a tensor of shape [batch=2, time=5], got [1, 1]");
    }));

  it("callMargin() is s − ln q of the best token, and does not change with a constant", () =>
    scoped(() => {
      const own = slice(logits(), [0, 0, 0], [2, 5, 6]);
      const s = sub(squeeze(slice(logits(), [0, 0, 6], [2, 5, 1]), [2]), logSumExp(own, -1));
      const best = sub(max(own, -1), logSumExp(own, -1));
      const [m, truth, shifted] = [callMargin(logits()), sub(s, best), callMargin(add(logits(), 3) as Tensor3D)].map(numbers) as [number[], number[], number[]];
      m.forEach((x, i) => {
        expect(x).toBeCloseTo(truth[i]!, 5);
        expect(x).toBeCloseTo(shifted[i]!, 5);
      });
    }));
});
