import { add, exp, matMul, mul, pow, relu, scalar, square, sum, tensor1d, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { applyUpdates, hvp, valueAndGrad } from "./autodiff.ts";
import { engine } from "./engine.ts";
import { jit } from "./jit.ts";
import { scoped } from "./memory.ts";
import { noLeaks } from "./testing/no-leaks.ts";

await engine();

const numbers = (x: Tensor): number[] => [...x.dataSync()];
const checked = (body: () => void): void => noLeaks(() => scoped(body));

describe("valueAndGrad()", () => {
  it("valueAndGrad() of a nested tree is the closed form", () =>
    checked(() => {
      // f = Σ w² + 3 Σ exp(b) w₀: ∂f/∂w = 2w + 3 (Σ exp b) e₀, ∂f/∂b = 3 w₀ exp b
      const f = ({ w, deep: [b] }: { w: Tensor; deep: readonly [Tensor] }): Scalar =>
        add(sum<Scalar>(square(w)), mul(mul(3, sum<Scalar>(exp(b))), sum(mul(w, tensor1d([1, 0])))));
      const { value, grad } = valueAndGrad(f)({ w: tensor1d([2, -1]), deep: [tensor1d([0, Math.LN2])] });
      expect(numbers(value)[0]).toBeCloseTo(5 + 3 * 3 * 2, 5);
      numbers(grad.w).forEach((g, i) => expect(g).toBeCloseTo([4 + 9, -2][i]!, 5));
      numbers(grad.deep[0]).forEach((g, i) => expect(g).toBeCloseTo([6, 12][i]!, 5));
    }));

  it("valueAndGrad() names every parameter that the loss does not depend on", () =>
    checked(() => {
      const params = { used: scalar(1), idle: [scalar(2)], also: { idle: scalar(3) } };
      expect(() => valueAndGrad(({ used }: typeof params) => square(used) as Scalar)(params)).toThrow(
        new TypeError('Cannot differentiate: the loss does not depend on "idle.0", "also.idle"'),
      );
    }));

  it("valueAndGrad() refuses more than a scalar, and parameters without a tensor", () =>
    checked(() => {
      expect(() => valueAndGrad(({ x }: { x: Tensor }) => square(x) as Scalar)({ x: tensor1d([1, 2]) })).toThrow(
        new TypeError("Cannot differentiate: expected a scalar, got a tensor of shape [2]"),
      );
      expect(() => valueAndGrad(() => scalar(1))({})).toThrow("expected parameters with at least one tensor, got none");
    }));

  it("valueAndGrad() lets an error of the loss through", () =>
    checked(() => {
      const fail = (): Scalar => {
        throw new RangeError("mine");
      };
      expect(() => valueAndGrad(fail)({ x: scalar(1) })).toThrow(new RangeError("mine"));
      expect(() =>
        valueAndGrad(({ x, y }: { x: Tensor; y: Tensor }) => sum(matMul(x, y)) as Scalar)({
          x: tensor2d([[1]]),
          y: tensor2d([
            [1, 2],
            [3, 4],
          ]),
        }),
      ).toThrow(/[Ii]ncompatible|inner shapes|multiply matrices/);
    }));
});

describe("hvp()", () => {
  /** f = Σ (aᵢ xᵢ)⁴ + (Σ xᵢ)²: H = diag(12 aᵢ⁴ xᵢ²) + 2 · 1 1ᵀ */
  const a = [1, 0.5, 2];
  const f = ({ x, y }: { x: Tensor; y: Tensor }): Scalar =>
    add(add(sum<Scalar>(pow(mul(x, tensor1d(a.slice(0, 2))), scalar(4))), sum<Scalar>(pow(mul(y, a[2]!), scalar(4)))), square(add(sum(x), sum(y))));
  const at = [0.7, -1.2, 0.4];
  const params = (v: readonly number[]): { x: Tensor; y: Tensor } => ({ x: tensor1d(v.slice(0, 2)), y: tensor1d(v.slice(2)) });
  const exact = (v: readonly number[]): number[] => v.map((vi, i) => 12 * a[i]! ** 4 * at[i]! ** 2 * vi + 2 * v.reduce((s, x) => s + x, 0));

  for (const v of [
    [1, 0, 0],
    [0, 0, 1],
    [1, -2, 0.5],
    [1e-3, 2e-3, -1e-3],
    [100, 50, -200],
  ]) {
    it(`hvp() of a quartic along [${v.join(", ")}] is the exact Hessian product`, () =>
      checked(() => {
        const length = Math.hypot(...v);
        // h ≈ 0.008: h²/6 f''''(24 · 16) v̂³ and 2 ulp(f' ≈ 20)/h, both below 0.02 of |v|.
        [hvp(f), jit(hvp(f))].forEach((product) => {
          const { x, y } = product(params(at), params(v));
          [...numbers(x), ...numbers(y)].forEach((p, i) => expect(Math.abs(p - exact(v)[i]!)).toBeLessThan(0.02 * length));
        });
      }));
  }

  it("hvp() of a quadratic has no truncation error, at any step", () =>
    checked(() => {
      const product = hvp(({ x }: { x: Tensor }) => sum(square(x)) as Scalar, { step: 0.5 })({ x: tensor1d([1, 2]) }, { x: tensor1d([3, -4]) });
      // Four roundings of numbers below 8 in the gradients and their difference.
      numbers(product.x).forEach((p, i) => expect(Math.abs(p - [6, -8][i]!)).toBeLessThan(4 * 8 * 2 ** -23));
    }));

  it("hvp() along zero is zero, not NaN", () =>
    checked(() => {
      expect(numbers(hvp(({ x }: { x: Tensor }) => sum(square(x)) as Scalar)({ x: tensor1d([1, 2]) }, { x: tensor1d([0, 0]) }).x)).toEqual([0, 0]);
    }));

  it("hvp() is taken where first derivatives are all that TensorFlow.js has", () =>
    checked(() => {
      const product = hvp(({ x }: { x: Tensor }) => sum(relu(square(x))) as Scalar)({ x: tensor1d([1, 2]) }, { x: tensor1d([1, 1]) });
      numbers(product.x).forEach((p) => expect(p).toBeCloseTo(2, 2));
    }));
});

it("applyUpdates() adds", () => {
  checked(() => {
    expect(numbers(applyUpdates({ x: tensor1d([1, 2]) }, { x: tensor1d([0.5, -1]) }).x)).toEqual([1.5, 1]);
  });
});
