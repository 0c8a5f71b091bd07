import {
  fill,
  logSumExp,
  mean,
  mul,
  slice,
  softplus,
  squeeze,
  sub,
  sum,
  tensor2d,
  tensor3d,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { engine, key, normal, scoped, valueAndGrad } from "@lab/tensor-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { FactMask } from "../evidence/fact-mask.ts";
import type { Noise } from "../evidence/noise.ts";
import type { TokenLoss } from "../evidence/token-loss.ts";
import { factsOnly } from "../selection/facts-only.ts";
import { lacy } from "../selection/lacy.ts";
import { rho } from "../selection/rho.ts";
import type { Mask } from "../selection/selector.ts";
import { delegationLoss } from "./delegation-loss.ts";

await engine();

const [batch, time, vocabulary] = [2, 3, 6];
const logits = (): Tensor3D => mul(normal(key(1), [batch, time, vocabulary]), 2) as Tensor3D;
const targets = (shift = 0): Tensor2D =>
  tensor2d(
    [0, 3, 1, 2, 4, 0].map((y) => (y + shift) % (vocabulary - 1)),
    [batch, time],
    "int32",
  );
const all = (bit: 0 | 1): Mask => fill([batch, time], bit, "bool") as Mask;
const numbers = (x: Tensor): number[] => [...x.dataSync()];
const call = (z: Tensor3D): Tensor2D => squeeze(slice(z, [0, 0, vocabulary - 1], [-1, -1, 1]), [2]);
const logOdds = (z: Tensor3D): Tensor2D => sub(call(z), logSumExp(slice(z, [0, 0, 0], [-1, -1, vocabulary - 1]), -1));
const loss = (z: Tensor3D, y: Tensor2D, called: Mask, ownSoftmax: "without" | "full" = "without"): Scalar =>
  delegationLoss(z, y, { calls: () => called, evidence: {}, ownSoftmax });

describe("the objective of delegation", () => {
  it("delegationLoss() of a full mask is the mean of softplus(−s), whatever the targets", () =>
    scoped(() => {
      const expected = numbers(mean(softplus(mul(logOdds(logits()), -1))))[0]!;
      for (const shift of [0, 1, 3]) expect(numbers(loss(logits(), targets(shift), all(1)))[0]).toBeCloseTo(expected, 5);
    }));

  it("delegationLoss() of an empty mask is the same for any logit of <CALL>", () =>
    scoped(() => {
      const moved = tensor3d(
        numbers(logits()).map((z, i) => (i % vocabulary === vocabulary - 1 ? 7 - z : z)),
        [batch, time, vocabulary],
      );
      expect(numbers(loss(moved, targets(), all(0)))).toEqual(numbers(loss(logits(), targets(), all(0))));
      expect(numbers(loss(moved, targets(), all(1)))).not.toEqual(numbers(loss(logits(), targets(), all(1))));
    }));

  it("a token's loss under the full softmax is its loss without <CALL>, and softplus(s)", () =>
    scoped(() => {
      const difference = sub(loss(logits(), targets(), all(0), "full"), loss(logits(), targets(), all(0)));
      expect(numbers(difference)[0]).toBeCloseTo(numbers(mean(softplus(logOdds(logits()))))[0]!, 5);
    }));

  it("delegationLoss() that ranks by p adds softplus(s) to what selectors are told, so that a place called before looks harder", () =>
    scoped(() => {
      // The true tokens have q = 1/2 and 1/3; the easier place has a high logit of <CALL>: p = 1/(2 + e³) and 1/(3 + e⁻³).
      const z = tensor3d([
        [
          [0, 0, -99, 3],
          [0, 0, 0, -3],
        ],
      ]);
      const y = tensor2d([[0, 1]], [1, 2], "int32");
      const told = (rankBy: "q" | "p"): { readonly loss: number[]; readonly called: number[] } => {
        let loss: number[] = [];
        const hardest = lacy({ fraction: 0.5 });
        const factual = fill([1, 2], 1, "bool") as Mask;
        let called: number[] = [];
        delegationLoss(z, y, {
          calls: (known) => {
            const chosen = hardest(known);
            [loss, called] = [numbers(known.loss), numbers(chosen)];
            return chosen;
          },
          evidence: { factual },
          rankBy,
        });
        return { loss, called };
      };
      const [q, p] = [told("q"), told("p")];
      [Math.log(2), Math.log(3)].forEach((x, i) => expect(q.loss[i]).toBeCloseTo(x, 6));
      [Math.log(2 + Math.exp(3)), Math.log(3 + Math.exp(-3))].forEach((x, i) => expect(p.loss[i]).toBeCloseTo(x, 6));
      expect([q.called, p.called]).toEqual([
        [0, 1],
        [1, 0],
      ]);
      expect(() => delegationLoss(z, y, { calls: () => all(0), evidence: {}, rankBy: "r" as "p" })).toThrow('rankBy must be "q" or "p", got "r"');
    }));

  it("the gradients of all logits of a position that is called sum to 0", () =>
    scoped(() => {
      const { grad } = valueAndGrad(({ z }: { z: Tensor3D }) => loss(z, targets(), all(1)))({ z: logits() });
      for (const total of numbers(sum(grad.z, -1))) expect(Math.abs(total)).toBeLessThan(1e-7);
    }));

  it("delegationLoss() and its gradient are finite and right for logits of ±10⁴, of <CALL> and of one's own", () =>
    scoped(() => {
      for (const [z, called, value] of [
        [[0, 1, 2, 0, 0, 1e4], 0, Math.log(3 + Math.E + Math.E ** 2)],
        [[0, 1, 2, 0, 0, 1e4], 1, 0],
        [[0, 1, 2, 0, 0, -1e4], 0, Math.log(3 + Math.E + Math.E ** 2)],
        [[0, 1, 2, 0, 0, -1e4], 1, 1e4 + Math.log(3 + Math.E + Math.E ** 2)],
        [[0, 1e4, -1e4, 0, 0, 3], 0, 1e4],
        [[1e4, -1e4, -1e4, 0, 0, 3], 0, 0],
        [[0, 1e4, -1e4, 0, 0, 3], 1, 1e4 - 3],
      ] as const) {
        const at = valueAndGrad((p: { z: Tensor3D }) => loss(p.z, tensor2d([[0]], [1, 1], "int32"), tensor2d([[called]], [1, 1], "bool") as Mask));
        const found = at({ z: tensor3d([[[...z]]]) });
        // float32 of numbers near 10⁴ has steps of 0.001.
        expect(Math.abs(numbers(found.value)[0]! - value)).toBeLessThan(1e-5 + 2e-7 * value);
        expect(numbers(found.grad.z).every((g) => Math.abs(g) <= 1)).toBe(true);
      }
    }));

  it("evidence that is missing is an error of types", () => {
    expectTypeOf<TokenLoss>().not.toExtend<Parameters<ReturnType<typeof lacy>>[0]>();
    expectTypeOf<TokenLoss & FactMask>().toExtend<Parameters<ReturnType<typeof lacy>>[0]>();
    expectTypeOf<TokenLoss & FactMask>().not.toExtend<Parameters<ReturnType<typeof rho>>[0]>();
    expectTypeOf<Noise>().not.toExtend<Parameters<ReturnType<typeof factsOnly>>[0]>();
  });
});
