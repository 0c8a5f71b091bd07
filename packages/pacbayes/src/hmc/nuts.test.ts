import { concat, fill, mul, slice, square, sub, tensor1d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, type Params } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { adapted, frozen } from "./adapted.ts";
import { nuts } from "./nuts.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
/** By quadrature, to eight digits. */
const ROSENBROCK = [
  [0.1, 5.02023165],
  [0.5, 1.715776],
  [2, 0.52326318],
] as const;

it("nuts() finds E_λ[U] of Rosenbrock's function at three temperatures at once, with trajectories of many lengths", async () => {
  const each = 16;
  const sampler = nuts(rosenbrock, { mostDoublings: 7 });
  using from = own(() => ({
    position: { u: normal(key(3), [each * 3, 2]) },
    lambda: tensor1d(ROSENBROCK.flatMap(([lambda]) => Array<number>(each).fill(lambda))),
    stepSize: fill([each * 3], 0.1),
  }));
  using warm = await run(adapted(sampler), from.value, { key: key(4), steps: 200 });
  using begin = own(() => frozen(warm.state.value));
  using drawn = await run(sampler, begin.value, {
    key: key(5),
    steps: 700,
    record: (_, { likelihood, depth, acceptance }) => ({ likelihood, depth, acceptance }),
  });
  const energies = chains(drawn.trace.likelihood);
  ROSENBROCK.forEach(([, truth], i) => expectation(energies.slice(i * each, (i + 1) * each), truth, { ess: 400 }));
  expect(new Set(drawn.trace.depth.data).size).toBeGreaterThan(3);
  const acceptance = Array.from(drawn.trace.acceptance.data).reduce((s, a) => s + a, 0) / drawn.trace.acceptance.data.length;
  expect(Math.abs(acceptance - 0.8)).toBeLessThan(0.1);
});
