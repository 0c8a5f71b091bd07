import { add, concat, mul, scalar, slice, square, sub, sum, tile, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, split, type Algorithm, type Params } from "@lab/tensor-core";
import { expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { chees, frozenChees } from "../hmc/chees.ts";
import { rotation, straight } from "../hmc/flow.ts";
import { hmc, type HmcStart, type HmcState } from "../hmc/hmc.ts";
import { yoshida } from "../hmc/integrator.ts";
import { nuts } from "../hmc/nuts.ts";
import { jitteredSteps, lasting } from "../hmc/trajectory.ts";
import { mala } from "../langevin/mala.ts";
import { replicaExchange } from "./replica-exchange.ts";

await engine();

type Point = Params & { readonly u: Tensor };
type Sampler = Algorithm<Pick<HmcStart<Point>, "position" | "stepSize">, HmcState<Point>, { readonly likelihood: Tensor }>;

/** Simulation-based calibration [Talts2018]: simulated worlds, each with its own truth u ~ N(0, I) and its own data: one chain, or one ladder, for each. */
const WORLDS = 640;
const RANKS = 63;
const BINS = 16;
/** χ² with 15 degrees of freedom exceeds this with probability 10⁻⁴. */
const CRITICAL = 44.263;

const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
/** What is observed of u, with unit noise: curved and asymmetric. */
const signal = (u: Tensor): Tensor => concat([add(column(u, 0), mul(square(column(u, 1)), 0.7)), mul(column(u, 1), 1.5), mul(column(u, 0), column(u, 1))], 1);

/** For each sampler and quantity, how often the truth took each sixteenth of the ranks among draws. */
async function rankCounts(
  of: (energy: Energy<Point>) => Promise<Sampler> | Sampler,
  { every, rungs, stepSize }: { every: number; rungs: number; stepSize: number },
) {
  const [truthKey, noiseKey, startKey, warmKey, drawKey] = split(key(20), 5);
  using world = own(() => {
    const truth = normal(truthKey!, [WORLDS, 2]);
    const seen = tile(add(signal(truth), normal(noiseKey!, [WORLDS, 3])), [rungs, 1]);
    return { truth, seen, start: { position: { u: normal(startKey!, [WORLDS * rungs, 2]) }, stepSize: scalar(stepSize) } };
  });
  const { truth, seen, start } = world.value;
  const energy: Energy<Point> = ({ u }) => mul(square(sub(seen, signal(u))), 0.5);
  const sampler = await of(energy);
  using warm = await run(sampler, start, { key: warmKey!, steps: 20 * every });
  const last = (x: Tensor): Tensor => slice(x, [(rungs - 1) * WORLDS], [WORLDS]);
  const functionals = (u: Tensor): { readonly [name: string]: Tensor } => ({
    first: sum(column(u, 0), 1),
    second: sum(column(u, 1), 1),
    norm: sum(square(u), 1),
  });
  using drawn = await run(sampler, warm.state.value, {
    key: drawKey!,
    steps: RANKS * every,
    record: ({ position }) => Object.fromEntries(Object.entries(functionals(position.u)).map(([name, x]) => [name, last(x)])),
  });
  using truths = own(() => functionals(truth));
  return Object.entries(truths.value).map(([name, x]) => {
    const counts = Array<number>(BINS).fill(0);
    const values = x.arraySync() as number[];
    chains(drawn.trace[name]!).forEach((chain, i) => {
      const rank = chain.filter((value, t) => t % every === every - 1 && value < values[i]!).length;
      counts[Math.floor((rank * BINS) / (RANKS + 1))]! += 1;
    });
    return [name, counts] as const;
  });
}

/** A sampler of posteriors: every chain at λ = 1. */
function posterior(sampler: Algorithm<HmcStart<Point>, HmcState<Point>, { readonly likelihood: Tensor }>): Sampler {
  return {
    init: ({ position, stepSize }) => sampler.init({ position, stepSize, lambda: add(mul(sum(position.u, 1), 0), 1) }),
    step: (k, state) => sampler.step(k, state),
  };
}

it.each([
  ["hmc() along straight lines", (energy) => posterior(hmc(energy, { trajectory: jitteredSteps(5), flow: straight })), { every: 6, rungs: 1, stepSize: 0.25 }],
  ["hmc() with rotations", (energy) => posterior(hmc(energy, { trajectory: jitteredSteps(5), flow: rotation })), { every: 6, rungs: 1, stepSize: 0.25 }],
  [
    "hmc() by Yoshida's integrator",
    (energy) => posterior(hmc(energy, { trajectory: jitteredSteps(6), integrator: yoshida })),
    { every: 6, rungs: 1, stepSize: 0.15 },
  ],
  ["nuts()", (energy) => posterior(nuts(energy, { mostDoublings: 5 })), { every: 4, rungs: 1, stepSize: 0.3 }],
  ["mala()", (energy) => posterior(mala(energy)), { every: 40, rungs: 1, stepSize: 0.5 }],
  [
    "replicaExchange()",
    (energy) => replicaExchange(hmc(energy, { trajectory: jitteredSteps(3) }), { ladder: [0, 0.2, 1] }),
    { every: 6, rungs: 3, stepSize: 0.3 },
  ],
  [
    "hmc() after chees()",
    async (energy) => {
      // One world's pilot is every world's: the time and step size that it learns depend on none of the truths that are ranked.
      const pilot = chees(energy, { mostSteps: 20 });
      using from = own(() => ({
        position: { u: normal(key(30), [WORLDS, 2]) },
        lambda: add(mul(sum(normal(key(31), [WORLDS, 2]), 1), 0), 1),
        stepSize: scalar(0.1),
      }));
      using warm = await run(pilot, from.value, { key: key(32), steps: 150 });
      using ready = own(() => frozenChees(warm.state.value));
      const [step, time] = [ready.value.start.stepSize.dataSync()[0]!, ready.value.meanTime.dataSync()[0]!];
      const sampler = posterior(hmc(energy, { trajectory: lasting(time, { jitter: 1, most: 20 }) }));
      return { ...sampler, init: (start) => sampler.init({ ...start, stepSize: scalar(step) }) };
    },
    { every: 6, rungs: 1, stepSize: 0.1 },
  ],
] as const satisfies readonly (readonly [string, Parameters<typeof rankCounts>[0], Parameters<typeof rankCounts>[1]])[])(
  "%s is calibrated: the truth takes every rank among its posterior's draws equally often",
  async (_, sampler, options) => {
    for (const [name, counts] of await rankCounts(sampler, options)) {
      const expected = WORLDS / BINS;
      const chiSquare = counts.reduce((s, n) => s + (n - expected) ** 2 / expected, 0);
      expect(chiSquare, `${name}: ${counts.join(" ")}`).toBeLessThan(CRITICAL);
    }
  },
);

it("rank counts of a sampler whose likelihood is twice as strong are not uniform: the test can fail", async () => {
  const wrong = await rankCounts((energy) => posterior(hmc((at: Point) => mul(energy(at), 2), { trajectory: jitteredSteps(5) })), {
    every: 6,
    rungs: 1,
    stepSize: 0.2,
  });
  const worst = Math.max(...wrong.map(([, counts]) => counts.reduce((s, n) => s + (n - WORLDS / BINS) ** 2 / (WORLDS / BINS), 0)));
  expect(worst).toBeGreaterThan(CRITICAL);
});
