import { mul, ones, scalar, square, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, type Params } from "@lab/tensor-core";
import { algorithmLaws, expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { straight } from "./flow.ts";
import { hmc, type HmcStart } from "./hmc.ts";
import { diagonal } from "./metric.ts";
import { jitteredSteps } from "./trajectory.ts";
import { frozenWindows, windowed } from "./windowed.ts";
import { windows } from "./windows.ts";

await engine();

type Point = Params & { readonly u: Tensor };
/** U + ½‖u‖² with variances 1, 1/100 and 1/10 000. */
const PRECISIONS = [1, 100, 10_000] as const;
const energy: Energy<Point> = ({ u }) => mul(square(u), tensor2d([PRECISIONS.map((precision) => (precision - 1) / 2)]));
const start = (count: number): HmcStart<Point> => ({ position: { u: normal(key(1), [count, 3]) }, lambda: ones([count]), stepSize: scalar(0.01) });

it("windows() double from 25 between a start of 75 steps and an end of 50", () => {
  expect(windows(1000)).toEqual({ first: 75, ends: [100, 150, 250, 450, 950] });
  expect(windows(100)).toEqual({ first: 15, ends: [90] });
  for (const steps of [20, 149, 150, 151, 200, 333, 2000]) {
    const { first, ends } = windows(steps);
    expect(ends.at(-1)).toBe(steps < 150 ? steps - Math.floor(0.1 * steps) : steps - 50);
    [first, ...ends].slice(1).forEach((end, i) => expect(end).toBeGreaterThan([first, ...ends][i]!));
  }
});

it("windowed() learns the variances of the target, over six orders of magnitude in curvature, and hmc() samples with them", async () => {
  const trajectory = jitteredSteps(6);
  using from = own(() => start(8));
  using warm = await run(windowed(energy, { trajectory, flow: straight, steps: 400 }), from.value, { key: key(2), steps: 400 });
  using ready = own(() => frozenWindows(warm.state.value));
  const learnt = ready.value.variance.u.arraySync() as number[][];
  // 200 steps of 8 chains: within a factor of 1.5, not derived; the shrinkage moves variances of 1e-4 by 5 · 10⁻³/1600.
  PRECISIONS.forEach((precision, i) => expect(Math.abs(Math.log(learnt[0]![i]! * precision))).toBeLessThan(Math.log(1.5)));
  // In learnt coordinates the target is round: a step that the narrowest direction would limit to 0.02 is of order 1.
  expect(ready.value.start.stepSize.dataSync()[0]).toBeGreaterThan(0.3);
  const sampler = hmc(energy, { trajectory, flow: straight, metric: diagonal(ready.value.variance) });
  using drawn = await run(sampler, ready.value.start, { key: key(3), steps: 400, record: (_, { likelihood }) => ({ likelihood }) });
  const truth = PRECISIONS.reduce((s, precision) => s + (precision - 1) / 2 / precision, 0);
  expectation(chains(drawn.trace.likelihood), truth, { ess: 400 });
});

for (const { says, holds } of algorithmLaws("windowed()", {
  algorithm: windowed(energy, { trajectory: jitteredSteps(2), steps: 20 }),
  position: () => start(3),
}))
  it(says, holds);

it("windowed() names a warm-up too short to lay out", () => {
  expect(() => windowed(energy, { trajectory: jitteredSteps(2), steps: 19 })).toThrow("steps must be a whole number of at least 20, got 19");
});
