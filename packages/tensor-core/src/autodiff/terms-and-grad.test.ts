import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import { mul, square, sum, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { valueAndGrad } from "../autodiff.ts";
import { termsAndGrad } from "./terms-and-grad.ts";

it("termsAndGrad() is valueAndGrad() of the sum, with its terms", () => {
  const f = ({ x, y }: { x: ReturnType<typeof tensor2d>; y: ReturnType<typeof tensor1d> }) => mul(square(x), y);
  const params = {
    x: tensor2d([
      [1, 2],
      [3, 4],
    ]),
    y: tensor1d([5, 6]),
  };
  const { terms, grad } = termsAndGrad(f)(params);
  const whole = valueAndGrad((p: typeof params) => sum(f(p)))(params);
  expect(terms.arraySync()).toEqual([
    [5, 24],
    [45, 96],
  ]);
  expect(grad.x.arraySync()).toEqual(whole.grad.x.arraySync());
  expect(grad.y.arraySync()).toEqual([10, 20]);
});

it("termsAndGrad() refuses parameters without a tensor", () => {
  expect(() => termsAndGrad(() => tensor1d([1]))({})).toThrow("expected parameters with at least one tensor, got none");
});
