import { concat, fill, log, mul, ones, scalar, slice, square, sub, tensor1d, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, scoped, type Params } from "@lab/tensor-core";
import { algorithmLaws, expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { chees, frozenChees } from "./chees.ts";
import { straight } from "./flow.ts";
import { hmc, type HmcStart } from "./hmc.ts";
import { lasting } from "./trajectory.ts";
import { vanDerCorput } from "./van-der-corput.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
/** By quadrature, to eight digits. */
const ROSENBROCK = [
  [0.1, 5.02023165],
  [0.5, 1.715776],
  [1, 0.98818223],
] as const;

const start = (lambdas: readonly number[], dimension: number, stepSize: number): HmcStart<Point> => ({
  position: { u: normal(key(1), [lambdas.length, dimension]) },
  lambda: tensor1d([...lambdas]),
  stepSize: scalar(stepSize),
});

it("vanDerCorput() mirrors the binary digits of t + 1 at the point", () => {
  scoped(() => {
    const points = [0, 1, 2, 3, 4, 5, 6, 7].map((t) => vanDerCorput(scalar(t)).dataSync()[0]);
    expect(points).toEqual([1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8, 3 / 8, 7 / 8, 1 / 16]);
    expect(vanDerCorput(scalar(2 ** 20 - 2)).dataSync()[0]).toBe(1 - 2 ** -20);
  });
});

it("chees() learns a time near the scale of the widest direction, from trajectories far too short", async () => {
  // Variances 1 and 1/401: a half-period of the widest direction is π, so that τ should come between 1 and 6 from 0.02.
  const narrow: Energy<Point> = ({ u }) => mul(square(u), tensor2d([[0, 0, 0, 200, 200, 200]]));
  const warmup = chees(narrow, { flow: straight, learningRate: 0.05 });
  using from = own(() => start(Array<number>(24).fill(1), 6, 0.02));
  using warm = await run(warmup, from.value, { key: key(2), steps: 400, record: (_, { acceptance, time }) => ({ acceptance, time }) });
  const { meanTime, steps } = scoped(() => {
    const ready = frozenChees(warm.state.value);
    return { meanTime: ready.meanTime.dataSync()[0]!, steps: ready.start.stepSize.dataSync()[0]! };
  });
  expect(2 * meanTime).toBeGreaterThan(1);
  expect(2 * meanTime).toBeLessThan(6);
  // Stable below 2/√401 = 0.1.
  expect(steps).toBeGreaterThan(0.02);
  expect(steps).toBeLessThan(0.1);
  const late = Array.from(warm.trace.acceptance.data).slice(200 * 24);
  const harmonic = late.length / late.reduce((s, a) => s + 1 / Math.max(a, 1e-10), 0);
  const mean = late.reduce((s, a) => s + a, 0) / late.length;
  expect(mean).toBeGreaterThan(0.6);
  expect(mean).toBeLessThan(0.95);
  expect(harmonic).toBeLessThan(mean);
});

it("hmc() after chees() finds E_λ[U] of Rosenbrock's function at three temperatures at once, each with its own time and step size", async () => {
  const each = 12;
  const lambdas = ROSENBROCK.flatMap(([lambda]) => Array<number>(each).fill(lambda));
  using from = own(() => start(lambdas, 2, 0.05));
  using warm = await run(chees(rosenbrock, { mostSteps: 50 }), from.value, { key: key(3), steps: 400 });
  using ready = own(() => frozenChees(warm.state.value));
  const steps = ready.value.start.stepSize.arraySync() as number[];
  expect(new Set(steps.slice(0, each)).size).toBe(1);
  expect(steps[0]).toBeGreaterThan(steps.at(-1)!);
  const sampler = hmc(rosenbrock, { trajectory: lasting(ready.value.meanTime, { jitter: 1, most: 50 }) });
  using drawn = await run(sampler, ready.value.start, { key: key(4), steps: 1500, record: (_, { likelihood }) => ({ likelihood }) });
  const energies = chains(drawn.trace.likelihood);
  ROSENBROCK.forEach(([, truth], i) => expectation(energies.slice(i * each, (i + 1) * each), truth, { ess: 300 }));
});

it("chees() shrinks the step and keeps its time finite when every chain diverges", () => {
  scoped(() => {
    const cliff: Energy<Point> = ({ u }) => log(sub(mul(u, 0), 1));
    const warmup = chees(cliff);
    const [next, info] = warmup.step(key(1), warmup.init({ position: { u: ones([4, 2]) }, lambda: ones([4]), stepSize: scalar(0.5) }));
    expect(info.divergent.arraySync()).toEqual([1, 1, 1, 1]);
    const steps = next.sampler.stepSize.arraySync() as number[];
    steps.forEach((step) => expect(step).toBeLessThan(0.5 * 10));
    // H̄₁ = 0.651/11, ln ε₁ = ln 10ε₀ − H̄₁/0.05.
    steps.forEach((step) => expect(Math.abs(step / (5 * Math.exp(-0.651 / 11 / 0.05)) - 1)).toBeLessThan(1e-5));
    expect((next.learning.logTime.arraySync() as number[]).every(Number.isFinite)).toBe(true);
  });
});

for (const { says, holds } of algorithmLaws("chees()", {
  algorithm: chees(rosenbrock, { mostSteps: 4 }),
  position: () => ({ position: { u: normal(key(1), [6, 2]) }, lambda: fill([6], 0.5), stepSize: scalar(0.1) }),
}))
  it(says, holds);

it("chees() names options that make no sense", () => {
  expect(() => chees(rosenbrock, { learningRate: 0 })).toThrow("learningRate must be positive, got 0");
  expect(() => chees(rosenbrock, { mostSteps: 0 })).toThrow("mostSteps must be a whole number of at least 1, got 0");
  expect(() => chees(rosenbrock, { target: 1 })).toThrow("target must be in (0, 1), got 1");
});
