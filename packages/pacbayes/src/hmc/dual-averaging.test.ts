import "@tensorflow/tfjs-backend-cpu";
import { scalar, tensor1d } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { dualAveraging } from "./dual-averaging.ts";

it("dualAveraging() follows the recursion of Hoffman and Gelman", () => {
  const acceptances = [
    [1, 0.9],
    [0.2, 0.4],
    [0, 0],
    [0.7, 0.8],
    [1, 1],
    [0.65, 0.6],
  ];
  const { init, update } = dualAveraging({ target: 0.65, gamma: 0.1, t0: 5, kappa: 0.7 });
  let state = init(scalar(0.2));
  let [error, average] = [0, 0];
  acceptances.forEach((both, i) => {
    state = update(state, tensor1d(both));
    const t = i + 1;
    error = (1 - 1 / (t + 5)) * error + (0.65 - (both[0]! + both[1]!) / 2) / (t + 5);
    const logStep = Math.log(10 * 0.2) - (Math.sqrt(t) / 0.1) * error;
    average = t ** -0.7 * logStep + (1 - t ** -0.7) * average;
    // A dozen roundings of numbers below 10, in float32.
    expect(Math.abs(state.logStep.dataSync()[0]! - logStep)).toBeLessThan(1e-5);
    expect(Math.abs(state.logAverage.dataSync()[0]! - average)).toBeLessThan(1e-5);
  });
});

it("dualAveraging() names an option that makes no sense", () => {
  expect(() => dualAveraging({ target: 1 })).toThrow("target must be in (0, 1), got 1");
  expect(() => dualAveraging({ gamma: 0 })).toThrow("gamma must be positive, got 0");
  expect(() => dualAveraging({ t0: -1 })).toThrow("t0 must be at least 0, got -1");
  expect(() => dualAveraging({ kappa: 0.5 })).toThrow("kappa must be in (0.5, 1], got 0.5");
});
