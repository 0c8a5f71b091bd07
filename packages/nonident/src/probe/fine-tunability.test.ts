import { add, mul, scalar, square, sub, type Scalar } from "@tensorflow/tfjs-core";
import { engine, key, own, sgd, uniform } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { fineTunability } from "./fine-tunability.ts";

await engine();

type At = { readonly u: Scalar; readonly v: Scalar };
/** (u v − 1)²: the same function of (a u, v / a). */
const loss = ({ u, v }: At): Scalar => square(sub(mul(u, v), 1));
const at = (u: number, v: number) => own(() => ({ u: scalar(u), v: scalar(v) }));
const options = { objective: loss, evaluation: loss, transform: sgd(0.05), steps: 6 };

it("fineTunability() is the curve of gradient descent, its trapezoids and its first crossings", async () => {
  using start = at(2, 0.25);
  const { curve, area, stepsTo } = await fineTunability({ ...options, thresholds: [0.25, 0.1, 0] }).measure(start.value, key(1));
  let [u, v] = [2, 0.25];
  const expected = Array.from({ length: 7 }, (_, i) => {
    if (i > 0) [u, v] = [u - 0.1 * (u * v - 1) * v, v - 0.1 * (u * v - 1) * u];
    return (u * v - 1) ** 2;
  });
  curve.forEach(({ step, loss }, i) => expect([step, loss]).toEqual([i, expect.closeTo(expected[i]!, 6)]));
  expect(area).toBeCloseTo(
    expected.slice(1).reduce((sum, x, i) => sum + (x + expected[i]!) / 2, 0),
    5,
  );
  expect(stepsTo.map(({ steps }) => steps)).toEqual([0, expected.findIndex((x) => x <= 0.1), undefined]);
});

it("fineTunability() tells points of one function apart, and steps by the piece from steps", async () => {
  using a = at(2, 0.25);
  using b = at(0.5, 1);
  const probe = fineTunability({ ...options, every: 3 });
  const [first, second] = [await probe.measure(a.value, key(1)), await probe.measure(b.value, key(1))];
  expect(first.curve[0]).toEqual(second.curve[0]);
  expect(Math.abs(first.area - second.area)).toBeGreaterThan(0.1);
  expect(first.curve.map(({ step }) => step)).toEqual([0, 3, 6]);
  const whole = await fineTunability(options).measure(a.value, key(1));
  expect(first.curve[2]!.loss).toBeCloseTo(whole.curve[6]!.loss, 6);
});

it("fineTunability() draws each step's batch anew from its key, the same for the same key", async () => {
  using start = at(2, 0.25);
  const probe = fineTunability({ ...options, objective: (params: At, k) => mul(loss(params), add(uniform(k), 0.5)) as Scalar, every: 3 });
  const [a, b, c] = [await probe.measure(start.value, key(1)), await probe.measure(start.value, key(1)), await probe.measure(start.value, key(2))];
  expect(a).toEqual(b);
  expect(a.area).not.toBe(c.area);
});

it("fineTunability() refuses steps that are no multiple, and leaves no tensor", async () => {
  expect(() => fineTunability({ ...options, every: 4 })).toThrow("multiple of every, got 6 and 4");
  using start = at(2, 0.25);
  await noLeaks(async () => (await fineTunability(options).measure(start.value, key(1))).area);
});
