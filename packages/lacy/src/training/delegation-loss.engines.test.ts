import {
  logSoftmax,
  mean,
  neg,
  oneHot,
  reshape,
  slice,
  sum,
  tensor2d,
  zeros,
  mul,
  where,
  add,
  cast,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { engine, jit, key, normal, scoped, valueAndGrad } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { tokenLoss } from "../evidence/token-loss.ts";
import { lacy } from "../selection/lacy.ts";
import type { Mask } from "../selection/selector.ts";
import { delegationLoss } from "./delegation-loss.ts";

await engine();

const [batch, time, vocabulary] = [2, 3, 5];
const logits = (): Tensor3D => mul(normal(key(1), [batch, time, vocabulary]), 2) as Tensor3D;
const targets = (): Tensor2D =>
  tensor2d(
    [
      [0, 3, 1],
      [2, 2, 0],
    ],
    [batch, time],
    "int32",
  );
const mask = (): Mask => tensor2d([1, 0, 0, 1, 1, 0], [batch, time], "bool") as Mask;
const fixed = (z: Tensor3D, called: Mask): Scalar => delegationLoss(z, targets(), { calls: () => called, evidence: {} });
const numbers = (x: Tensor): number[] => [...x.dataSync()];
const checked = (body: () => void): void => noLeaks(() => scoped(body));

/** In float64, from the definition: targets replaced by <CALL> under the full softmax, the others under the softmax without it. */
function exact(z: readonly number[], y: readonly number[], called: readonly number[]): { value: number; grad: number[] } {
  const n = y.length;
  let value = 0;
  const grad = y.flatMap((target, i) => {
    const row = z.slice(i * vocabulary, (i + 1) * vocabulary);
    const allowed = called[i] === 1 ? row : row.slice(0, -1);
    const total = allowed.reduce((s, x) => s + Math.exp(x), 0);
    const aim = called[i] === 1 ? vocabulary - 1 : target;
    value -= Math.log(Math.exp(row[aim]!) / total) / n;
    return row.map((x, v) => ((v < allowed.length ? Math.exp(x) / total : 0) - (v === aim ? 1 : 0)) / n);
  });
  return { value, grad };
}

describe("delegationLoss()", () => {
  it("delegationLoss() and its gradient are those of the definition", () =>
    checked(() => {
      const { value, grad } = valueAndGrad(({ z }: { z: Tensor3D }) => fixed(z, mask()))({ z: logits() });
      const truth = exact(numbers(logits()), numbers(targets()), numbers(mask()));
      expect(value.dataSync()[0]).toBeCloseTo(truth.value, 5);
      numbers(grad.z).forEach((g, i) => expect(g).toBeCloseTo(truth.grad[i]!, 6));
    }));

  it("delegationLoss() has the gradients that finite differences of the definition have, those of the table: (1 − p) q and −(1 − p) at a call, q − 1 and 0 elsewhere", () =>
    checked(() => {
      const { grad } = valueAndGrad(({ z }: { z: Tensor3D }) => fixed(z, mask()))({ z: logits() });
      const [z, y, called] = [numbers(logits()), numbers(targets()), numbers(mask())];
      const value = (i: number, by: number): number => exact(z.with(i, z[i]! + by), y, called).value;
      numbers(grad.z).forEach((g, i) => {
        const [at, v] = [Math.floor(i / vocabulary), i % vocabulary];
        // In float64 a central difference of step 1e-4 is right to some 1e-9; the gradient is float32.
        expect(Math.abs(g - (value(i, 1e-4) - value(i, -1e-4)) / 2e-4)).toBeLessThan(1e-6);
        const row = z.slice(at * vocabulary, (at + 1) * vocabulary).map(Math.exp);
        const all = row.reduce((total, x) => total + x, 0);
        const [p, q] = [row.at(-1)! / all, row[v]! / (all - row.at(-1)!)];
        const [isCall, isTrue] = [v === vocabulary - 1, v === y[at]];
        const table = called[at] === 1 ? (isCall ? -(1 - p) : (1 - p) * q) : isCall ? 0 : q - Number(isTrue);
        expect(Math.abs(g * batch * time - table)).toBeLessThan(1e-6);
      });
    }));

  it("delegationLoss() never pushes the logit of <CALL> down, and leaves it alone where nothing is called", () =>
    checked(() => {
      const { grad } = valueAndGrad(({ z }: { z: Tensor3D }) => fixed(z, mask()))({ z: logits() });
      const calls = numbers(mask());
      numbers(slice(grad.z, [0, 0, vocabulary - 1], [batch, time, 1])).forEach((g, i) => expect(calls[i] === 1 ? g < 0 : Object.is(Math.abs(g), 0)).toBe(true));
    }));

  it("delegationLoss() is the plain cross-entropy without <CALL> where nothing is called", () =>
    checked(() => {
      const none = cast(zeros([batch, time]), "bool") as Mask;
      const plain = ({ z }: { z: Tensor3D }): Scalar =>
        mean(neg(sum(mul(cast(oneHot(targets(), vocabulary - 1), "float32"), logSoftmax(slice(z, [0, 0, 0], [batch, time, vocabulary - 1]))), -1)));
      const [ours, theirs] = [valueAndGrad(({ z }: { z: Tensor3D }) => fixed(z, none))({ z: logits() }), valueAndGrad(plain)({ z: logits() })];
      expect(ours.value.dataSync()[0]).toBeCloseTo(theirs.value.dataSync()[0]!, 5);
      numbers(ours.grad.z).forEach((g, i) => expect(g).toBeCloseTo(numbers(theirs.grad.z)[i]!, 6));
    }));

  it("delegationLoss() does not change when a constant is added to all logits of a position", () =>
    checked(() => {
      const shifted = add(logits(), normal(key(2), [batch, time, 1])) as Tensor3D;
      expect(fixed(shifted, mask()).dataSync()[0]).toBeCloseTo(fixed(logits(), mask()).dataSync()[0]!, 4);
    }));

  it("delegationLoss() chooses by the losses of this batch, and differentiates the loss but not the choice", () =>
    checked(() => {
      const factual = tensor2d([1, 1, 0, 1, 1, 1], [batch, time], "bool") as Mask;
      const calls = lacy({ fraction: 0.5 });
      const chosen = calls({ loss: tokenLoss(logits(), targets()), factual });
      expect(numbers(chosen).reduce((s, x) => s + x, 0)).toBe(3);
      const at = valueAndGrad(({ z }: { z: Tensor3D }) => delegationLoss(z, targets(), { calls, evidence: { factual } }));
      const [whole, apart] = [at({ z: logits() }), valueAndGrad(({ z }: { z: Tensor3D }) => fixed(z, chosen))({ z: logits() })];
      expect(numbers(whole.value)).toEqual(numbers(apart.value));
      expect(numbers(whole.grad.z)).toEqual(numbers(apart.grad.z));
    }));

  it("delegationLoss() inside jit is within rounding of the one outside, gradient too", () =>
    checked(() => {
      const factual = tensor2d([1, 1, 0, 1, 1, 1], [batch, time], "bool") as Mask;
      const at = (z: Tensor3D): { value: Scalar; grad: { z: Tensor3D } } =>
        valueAndGrad((p: { z: Tensor3D }) => delegationLoss(p.z, targets(), { calls: lacy({ fraction: 0.5 }), evidence: { factual } }))({ z });
      using inside = jit(at);
      const [a, b] = [inside(logits()), at(logits())];
      expect(a.value.dataSync()[0]).toBeCloseTo(b.value.dataSync()[0]!, 5);
      numbers(a.grad.z).forEach((g, i) => expect(g).toBeCloseTo(numbers(b.grad.z)[i]!, 6));
    }));

  it("delegationLoss() is finite for logits of ±100, and its gradient too", () =>
    checked(() => {
      const extreme = where(reshape(mask(), [batch, time, 1]), mul(logits(), 50), mul(logits(), -50)) as Tensor3D;
      const { value, grad } = valueAndGrad(({ z }: { z: Tensor3D }) => fixed(z, mask()))({ z: extreme });
      const truth = exact(numbers(extreme), numbers(targets()), numbers(mask()));
      expect(Math.abs(value.dataSync()[0]! / truth.value - 1)).toBeLessThan(1e-5);
      expect(numbers(grad.z).every(Number.isFinite)).toBe(true);
    }));

  it("delegationLoss() and tokenLoss() refuse shapes that disagree, and a vocabulary of <CALL> alone", () => {
    scoped(() => {
      expect(() => delegationLoss(logits(), tensor2d([[0]], [1, 1], "int32"), { calls: mask, evidence: {} })).toThrow(
        "expected a tensor of shape [batch=2, time=3], got [1, 1]",
      );
      expect(() => tokenLoss(zeros([1, 1, 1]), tensor2d([[0]], [1, 1], "int32"))).toThrow("at least one token and <CALL>, got 1");
      expect(() => fixed(logits(), tensor2d([[1]], [1, 1], "bool") as Mask)).toThrow(
        "Cannot apply delegationLoss: expected a tensor of shape [2, 3], got [1, 1]",
      );
    });
  });
});
