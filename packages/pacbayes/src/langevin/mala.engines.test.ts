import { concat, fill, mul, scalar, slice, square, sub, sum, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, scoped, split, type Params } from "@lab/tensor-core";
import { algorithmLaws, expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { adapted, frozen } from "../hmc/adapted.ts";
import type { HmcStart } from "../hmc/hmc.ts";
import { diagonal } from "../hmc/metric.ts";
import { mala } from "./mala.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
const start = (count: number, stepSize: number): HmcStart<Point> => ({
  position: { u: normal(key(1), [count, 2]) },
  lambda: fill([count], 0.5),
  stepSize: scalar(stepSize),
});

it("mala() accepts with the ratio of densities and of Langevin proposals", () => {
  scoped(() => {
    const [lambda, step] = [0.5, 0.12];
    const variances = [0.7, 1.6] as const;
    const count = 12;
    const sampler = mala(rosenbrock, { metric: diagonal<Point>({ u: tensor2d([[...variances]]) }) });
    const state = sampler.init(start(count, step));
    const [momentumKey] = split(key(5), 3);
    const [, info] = sampler.step(key(5), state);
    // The same in numbers, from the noise that the key draws: z, and p = z/√D.
    const z = normal(split(momentumKey!, 1)[0]!, [count, 2]).arraySync() as number[][];
    const H = ([x, y]: readonly number[]): number => lambda * ((1 - x!) ** 2 + 10 * (y! - x! ** 2) ** 2) + (x! ** 2 + y! ** 2) / 2;
    const gradH = ([x, y]: readonly number[]): readonly [number, number] => [
      lambda * (-2 * (1 - x!) - 40 * x! * (y! - x! ** 2)) + x!,
      lambda * 20 * (y! - x! ** 2) + y!,
    ];
    const drifted = (u: readonly number[]): readonly number[] => u.map((x, j) => x - (step ** 2 / 2) * variances[j]! * gradH(u)[j]!);
    const logProposal = (to: readonly number[], from: readonly number[]): number =>
      to.reduce((s, x, j) => s - (x - drifted(from)[j]!) ** 2 / (2 * step ** 2 * variances[j]!), 0);
    (state.position.u.arraySync() as number[][]).forEach((u, chain) => {
      const proposal = drifted(u).map((x, j) => x + step * Math.sqrt(variances[j]!) * z[chain]![j]!);
      const ratio = Math.exp(H(u) - H(proposal) + logProposal(u, proposal) - logProposal(proposal, u));
      // Float32 energies of order 100: 100 · 2⁻²⁴ · a few.
      expect(Math.abs((info.acceptance.arraySync() as number[])[chain]! - Math.min(1, ratio))).toBeLessThan(1e-4);
    });
  });
});

it("mala() finds E_λ[U] of Rosenbrock's function, with a step so coarse that rejections matter", async () => {
  const sampler = mala(rosenbrock);
  using from = own(() => start(64, 0.1));
  using warm = await run(adapted(sampler, { target: 0.574 }), from.value, { key: key(2), steps: 500 });
  using begin = own(() => frozen(warm.state.value));
  using drawn = await run(sampler, begin.value, { key: key(3), steps: 3000, record: (_, { likelihood, acceptance }) => ({ likelihood, acceptance }) });
  expectation(chains(drawn.trace.likelihood), 1.715776, { ess: 400 });
  const acceptance = Array.from(drawn.trace.acceptance.data).reduce((s, a) => s + a, 0) / drawn.trace.acceptance.data.length;
  expect(Math.abs(acceptance - 0.574)).toBeLessThan(0.15);
});

for (const { says, holds } of algorithmLaws("mala()", { algorithm: mala(rosenbrock), position: () => start(3, 0.1) })) it(says, holds);

it("mala() counts one gradient a step", () => {
  scoped(() => {
    const sampler = mala(({ u }: Point) => mul(sum(square(u), 1, true), 0.5));
    expect(sampler.step(key(1), sampler.init(start(2, 0.1)))[1].steps.dataSync()[0]).toBe(1);
  });
});
