import { matMul, add, mean, relu, square, tensor1d, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { adam, applyUpdates, engine, key, normal, scoped, sgd, split, tensors, valueAndGrad, type GradientTransform } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { permutedUnits, rescaledUnits, type HiddenLayer } from "./hidden-units.ts";

await engine();

const at = split(key(11), 4);
const layer = (): HiddenLayer => ({
  up: { kernel: normal(at[0]!, [3, 4]) as Tensor2D, bias: normal(at[1]!, [4]) as Tensor1D },
  down: { kernel: normal(at[2]!, [4, 2]) as Tensor2D, bias: tensor1d([0.5, -0.5]) },
});
const output = ({ up, down }: HiddenLayer): Tensor =>
  add(matMul(relu(add(matMul(normal(at[3]!, [6, 3]) as Tensor2D, up.kernel), up.bias)), down.kernel), down.bias);
const loss = (params: HiddenLayer): Scalar => mean(square(output(params)));
const stepped = (params: HiddenLayer, transform: GradientTransform): HiddenLayer =>
  applyUpdates(params, transform.update(valueAndGrad(loss)(params).grad, transform.init(params), params)[0]);
const numbers = (body: () => HiddenLayer | Tensor): number[] => tensors(scoped(body)).flatMap((x) => [...x.dataSync()]);
const near = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
const order = (): Tensor1D => tensor1d([2, 0, 3, 1], "int32");
const factors = (a: number): Tensor1D => tensor1d([a, a, a, a]);

describe("symmetries of hidden units", () => {
  it("rescaledUnits() and permutedUnits() keep the function and move the parameters", () => {
    const before = numbers(() => output(layer()));
    // Powers of two are exact; another order of four float32 terms of size below ten is within 10⁻⁵.
    expect(numbers(() => output(rescaledUnits(layer(), factors(4))))).toEqual(before);
    expect(
      near(
        numbers(() => output(permutedUnits(layer(), order()))),
        before,
      ),
    ).toBeLessThan(1e-5);
    expect(numbers(() => rescaledUnits(layer(), factors(4)))).not.toEqual(numbers(layer));
  });

  it("rescaledUnits() divides the gradient of W₁ by a and multiplies that of W₂ by a", () => {
    const [base, moved] = [numbers(() => valueAndGrad(loss)(layer()).grad), numbers(() => valueAndGrad(loss)(rescaledUnits(layer(), factors(4))).grad)];
    expect(
      near(
        moved.slice(0, 16).map((x) => 4 * x),
        base.slice(0, 16),
      ),
    ).toBeLessThan(1e-5);
    expect(
      near(
        moved.slice(16, 24).map((x) => x / 4),
        base.slice(16, 24),
      ),
    ).toBeLessThan(1e-5);
  });

  it.each([
    ["gradient descent", sgd(0.1)],
    ["Adam", adam(0.1)],
  ])("permutedUnits() commutes with a step of %s, rescaledUnits() does not", (_, transform) => {
    const after = numbers(() => stepped(layer(), transform));
    const permuted = (): HiddenLayer => permutedUnits(stepped(permutedUnits(layer(), order()), transform), tensor1d([1, 3, 0, 2], "int32"));
    expect(near(numbers(permuted), after)).toBeLessThan(1e-5);
    expect(
      near(
        numbers(() => rescaledUnits(stepped(rescaledUnits(layer(), factors(4)), transform), factors(0.25))),
        after,
      ),
    ).toBeGreaterThan(1e-2);
  });
});
