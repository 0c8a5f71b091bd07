import { fill, mul, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, scoped, split, type Params } from "@lab/tensor-core";
import { algorithmLaws, expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import { adapted, frozen } from "../hmc/adapted.ts";
import { hmc, type HmcStart } from "../hmc/hmc.ts";
import { lasting } from "../hmc/trajectory.ts";
import { annealed } from "./annealed.ts";
import { replicaExchange } from "./replica-exchange.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const sampler = hmc(({ u }: Point) => mul(square(u), 2), { trajectory: lasting(1.5, { most: 10 }) });
const start = (count: number): HmcStart<Point> => ({ position: { u: normal(key(1), [count, 3]) }, lambda: fill([count], 4), stepSize: scalar(0.5) });

it("annealed() raises λ by (t/steps)^power from 0 to its own, and stays there", () => {
  scoped(() => {
    const climbing = annealed(sampler, { steps: 4, power: 2 });
    let state = climbing.init(start(2));
    expect(state.lambda.arraySync()).toEqual([0, 0]);
    const seen = split(key(2), 6).map((k) => {
      [state] = climbing.step(k, state);
      return state.lambda.dataSync()[0];
    });
    expect(seen).toEqual([0.25, 1, 2.25, 4, 4, 4]);
  });
});

it("annealed() around a whole ladder leaves chains at home on every rung", async () => {
  const ladder = [0, 0.5, 4];
  const each = 20;
  const exchange = replicaExchange(sampler, { ladder });
  using from = own(() => ({ position: { u: normal(key(3), [each * 3, 3]) }, stepSize: scalar(0.5) }));
  using warm = await run(adapted(annealed(exchange, { steps: 30 }), { most: 1.5 }), from.value, { key: key(4), steps: 60 });
  using ready = own(() => frozen(warm.state.value));
  using drawn = await run(exchange, ready.value, { key: key(5), steps: 200, record: (_, { likelihood }) => ({ likelihood }) });
  // U = 2‖u‖² at variance 1/(1 + 4λ) in three dimensions.
  ladder.forEach((lambda, i) => expectation(chains(drawn.trace.likelihood).slice(i * each, (i + 1) * each), 6 / (1 + 4 * lambda), { ess: 300 }));
});

for (const { says, holds } of algorithmLaws("annealed()", { algorithm: annealed(sampler, { steps: 3 }), position: () => start(3) })) it(says, holds);

it("annealed() names options that make no sense", () => {
  expect(() => annealed(sampler, { steps: 0 })).toThrow("steps must be a whole number of at least 1, got 0");
  expect(() => annealed(sampler, { steps: 2, power: 0 })).toThrow("power must be positive and finite, got 0");
});
