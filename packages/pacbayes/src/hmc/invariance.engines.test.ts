import { concat, fill, mul, scalar, slice, square, sub, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, normal as normals, own, scoped, type Algorithm, type Params } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { mala } from "../langevin/mala.ts";
import { replicaExchange } from "../tempering/replica-exchange.ts";
import { rotation, straight } from "./flow.ts";
import { hmc, type HmcStart, type HmcState } from "./hmc.ts";
import { mclachlan, yoshida } from "./integrator.ts";
import { diagonal } from "./metric.ts";
import { nuts } from "./nuts.ts";
import { fixedSteps, jitteredSteps } from "./trajectory.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
/** U = (1 − x)² + 10 (y − x²)² with prior N(0, I): asymmetric and curved. */
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
const LAMBDA = 0.5;
const CHAINS = 8000;

let seed = 0;
function random(): number {
  seed = (seed + 0x9e3779b9) >>> 0;
  let z = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (((z ^ (z >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

/** Exact draws: given x, y is Gaussian; x has the density e^{−λ(1 − x)² − x²/2 − x⁴/(2(1 + 1/(20λ)))}, drawn by rejection from N(0, 1). */
function exactDraws(lambda: number, count: number): number[][] {
  const noise = 1 / (20 * lambda);
  return Array.from({ length: count }, () => {
    let x = normal();
    while (random() > Math.exp(-lambda * (1 - x) ** 2 - x ** 4 / (2 * (1 + noise)))) x = normal();
    return [x, x ** 2 / (1 + noise) + Math.sqrt(noise / (1 + noise)) * normal()];
  });
}

/** Quantities of a point that an asymmetric target tells apart. */
const quantities: { readonly [name: string]: (at: readonly number[]) => number } = {
  x: ([x]) => x!,
  y: ([, y]) => y!,
  "x²": ([x]) => x! ** 2,
  energy: ([x, y]) => (1 - x!) ** 2 + 10 * (y! - x! ** 2) ** 2,
  "x > 1": ([x]) => (x! > 1 ? 1 : 0),
  "energy < 1": ([x, y]) => ((1 - x!) ** 2 + 10 * (y! - x! ** 2) ** 2 < 1 ? 1 : 0),
};

type Sampler = Algorithm<HmcStart<Point>, HmcState<Point>, { readonly acceptance: Tensor }>;
/** Steps so coarse that rejections matter. */
const samplers: readonly (readonly [string, Sampler, number])[] = [
  ["hmc() along straight lines", hmc(rosenbrock, { trajectory: fixedSteps(4), flow: straight }), 0.3],
  ["hmc() with rotations", hmc(rosenbrock, { trajectory: jitteredSteps(5), flow: rotation }), 0.3],
  [
    "hmc() by McLachlan's integrator and a diagonal metric",
    hmc(rosenbrock, { trajectory: fixedSteps(2), integrator: mclachlan, metric: diagonal<Point>({ u: tensor2d([[0.6, 1.7]]) }) }),
    0.55,
  ],
  ["hmc() by Yoshida's integrator", hmc(rosenbrock, { trajectory: fixedSteps(2), integrator: yoshida, flow: straight }), 0.25],
  ["mala()", mala(rosenbrock), 0.25],
  ["nuts()", nuts(rosenbrock, { mostDoublings: 4 }), 0.3],
];

/** Four leapfrogs in numbers, every one of them taken: what the Metropolis step is there for. */
const unadjusted: Sampler = {
  ...samplers[0]![1],
  step(k, state) {
    const [x, p] = [state.position.u.arraySync() as number[][], normals(k, [CHAINS, 2]).arraySync() as number[][]];
    const pull = ([a, b]: readonly number[]): readonly number[] => [
      -LAMBDA * (-2 * (1 - a!) - 40 * a! * (b! - a! ** 2)) - a!,
      -LAMBDA * 20 * (b! - a! ** 2) - b!,
    ];
    const h = 0.3;
    const ends = x.map((start, chain) => {
      let [at, momentum] = [start, p[chain]!];
      for (let i = 0; i < 4; i++) {
        const half = momentum.map((m, j) => m + (h / 2) * pull(at)[j]!);
        at = at.map((a, j) => a + h * half[j]!);
        momentum = half.map((m, j) => m + (h / 2) * pull(at)[j]!);
      }
      return at;
    });
    return [{ ...state, position: { u: tensor2d(ends) } }, { acceptance: fill([CHAINS], 1) }];
  },
};

/** One step of many chains, each from an exact draw: where they were, and where they are. */
function stepped(sampler: Sampler, stepSize: number): { readonly before: number[][]; readonly after: number[][]; readonly acceptance: number } {
  seed = 77;
  const before = exactDraws(LAMBDA, CHAINS);
  return scoped(() => {
    const [next, { acceptance }] = sampler.step(
      key(9),
      sampler.init({ position: { u: tensor2d(before) }, lambda: fill([CHAINS], LAMBDA), stepSize: scalar(stepSize) }),
    );
    const accepted = acceptance.arraySync() as number[];
    return { before, after: next.position.u.arraySync() as number[][], acceptance: accepted.reduce((s, a) => s + a, 0) / CHAINS };
  });
}

it("exact draws of Rosenbrock's function have its energy by quadrature", () => {
  seed = 77;
  expectation(exactDraws(LAMBDA, CHAINS).map(quantities["energy"]!), 1.715776, { ess: CHAINS / 2 });
});

describe.each(samplers)("%s", (name, sampler, stepSize) => {
  it(`${name} leaves exact draws exact: no mean of a quantity moves in a step of rejections`, () => {
    const { before, after, acceptance } = stepped(sampler, stepSize);
    expect(acceptance).toBeGreaterThan(0.3);
    expect(acceptance).toBeLessThan(0.93);
    for (const of of Object.values(quantities)) {
      // The differences have expectation 0, and are independent among chains.
      expectation(
        after.map((at, chain) => of(at) - of(before[chain]!)),
        0,
        { ess: CHAINS / 4 },
      );
    }
  });

  // Favouring the newer half, a doubling leaves the target invariant without balance in detail.
  if (name === "nuts()") return;
  it(`${name} is in detailed balance: exact draws and their successors may change places`, () => {
    const { before, after } = stepped(sampler, stepSize);
    const all = Object.values(quantities);
    all.forEach((f, i) =>
      all.slice(i + 1).forEach((g) =>
        expectation(
          after.map((at, chain) => f(before[chain]!) * g(at) - g(before[chain]!) * f(at)),
          0,
          { ess: CHAINS / 4 },
        ),
      ),
    );
  });
});

it("an unadjusted step is noticed by the law of invariance", () => {
  const { before, after } = stepped(unadjusted, 0.3);
  const broken = Object.values(quantities).filter((of) => {
    const moved = after.map((at, chain) => of(at) - of(before[chain]!));
    const mean = moved.reduce((s, x) => s + x, 0) / CHAINS;
    return Math.abs(mean) > 5 * Math.sqrt(moved.reduce((s, x) => s + (x - mean) ** 2, 0) / CHAINS / (CHAINS - 1));
  });
  expect(broken.length).toBeGreaterThan(1);
});

it("replicaExchange() leaves exact draws of every rung exact", () => {
  seed = 78;
  const ladder = [0, 0.1, 0.5, 2];
  const each = 2000;
  const before = ladder.flatMap((lambda) => (lambda === 0 ? Array.from({ length: each }, () => [normal(), normal()]) : exactDraws(lambda, each)));
  const sampler = replicaExchange(hmc(rosenbrock, { trajectory: fixedSteps(2) }), { ladder });
  using after = own(() => sampler.step(key(10), sampler.init({ position: { u: tensor2d(before) }, stepSize: scalar(0.1) }))[0].position);
  const at = after.value.u.arraySync() as number[][];
  ladder.forEach((_, rung) => {
    for (const of of [quantities["x"]!, quantities["y"]!, quantities["x > 1"]!])
      expectation(
        at.slice(rung * each, (rung + 1) * each).map((point, chain) => of(point) - of(before[rung * each + chain]!)),
        0,
        { ess: each / 4 },
      );
  });
});
