import { add, concat, fill, log, mul, ones, scalar, slice, square, sub, sum, tensor1d, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, normal, scoped, split, termsAndGrad, type Params } from "@lab/tensor-core";
import { samplerLaws } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { rotation, straight } from "./flow.ts";
import type { HmcStart } from "./hmc.ts";
import { diagonal, identity } from "./metric.ts";
import { nuts } from "./nuts.ts";
import { closed, levels } from "./turning.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
const [d, k] = [5, 3];
const gaussian: Energy<Point> = ({ u }) => mul(square(u), k / 2);
const start = (count: number, dimension: number, lambda: number, stepSize: number): HmcStart<Point> => ({
  position: { u: normal(key(1), [count, dimension]) },
  lambda: fill([count], lambda),
  stepSize: scalar(stepSize),
});

describe("closed()", () => {
  /** Whether leaf n closes a subtree of at least two leaves that turns back, from all momenta: by the definition. */
  function turns(momenta: readonly number[], n: number): boolean {
    for (let size = 2; (n + 1) % size === 0; size *= 2) {
      const part = momenta.slice(n + 1 - size, n + 1);
      const rho = part.reduce((s, p) => s + p, 0);
      if (part[0]! * rho <= 0 || part.at(-1)! * rho <= 0) return true;
    }
    return false;
  }

  it("closed() finds a U-turn in a balanced part if and only if there is one, of all parts that a leaf closes", () => {
    scoped(() => {
      const [count, depth] = [64, 5];
      const momenta = normal(key(2), [count, 16]).arraySync() as number[][];
      const tables = levels(depth);
      let open = { velocities: fill([count, depth, 1], 0), sums: fill([count, depth, 1], 0) } as Parameters<typeof closed>[1];
      let before = fill([count, 1], 0) as Tensor2D;
      let seen = 0;
      for (let n = 0; n < 16; n++) {
        const velocity = tensor2d(momenta.map((p) => [p[n]! + 1]));
        const after = add(before, velocity) as Tensor2D;
        const found = closed(tables, open, { n: tensor1d(Array<number>(count).fill(n), "int32"), velocity, before, after });
        const expected = momenta.map((p) =>
          Number(
            turns(
              p.map((x) => x + 1),
              n,
            ),
          ),
        );
        expect(found.turns.arraySync()).toEqual(expected);
        seen += expected.reduce((s, x) => s + x, 0);
        [open, before] = [found.open, after];
      }
      expect(seen).toBeGreaterThan(100);
    });
  });
});

describe.each([
  ["straight lines", nuts(gaussian, { mostDoublings: 6 }), 0.4],
  [
    "rotations, a diagonal metric",
    nuts(gaussian, { mostDoublings: 6, flow: rotation, metric: diagonal<Point>({ u: tensor2d([[0.3, 0.5, 1, 0.4, 0.7]]) }) }),
    0.6,
  ],
] as const)("nuts() by %s", (name, algorithm, stepSize) => {
  const lambda = 0.7;
  for (const { says, holds } of samplerLaws(`nuts() by ${name}`, {
    algorithm,
    position: () => start(4, d, lambda, stepSize),
    expectations: {
      "the energy": { of: ({ terms }: { terms: Tensor }) => sum(terms, 1), truth: ((d / 2) * k) / (1 + lambda * k) },
      "the first coordinate": { of: ({ position }: { position: Point }) => sum(column(position.u, 0), 1), truth: 0 },
      "the last square": { of: ({ position }: { position: Point }) => sum(square(column(position.u, d - 1)), 1), truth: 1 / (1 + lambda * k) },
    },
    draws: 600,
    warmup: 30,
    ess: 300,
  }))
    it(says, holds);
});

it("nuts() walks until the momentum turns: half a period of a harmonic motion, within a doubling", () => {
  scoped(() => {
    // With λ = 0 every coordinate has period 2π, and of many together the momentum turns after half of it: about 63 steps of 0.05, six doublings or so.
    const sampler = nuts(gaussian, { flow: straight, metric: identity<Point>() });
    const [, info] = sampler.step(key(6), sampler.init(start(32, 200, 0, 0.05)));
    (info.depth.arraySync() as number[]).forEach((depth) => {
      expect(depth).toBeGreaterThanOrEqual(5);
      expect(depth).toBeLessThanOrEqual(7);
    });
    expect((info.truncated.arraySync() as number[]).some(Boolean)).toBe(false);
    const [, cut] = nuts(gaussian, { mostDoublings: 2 }).step(key(6), sampler.init(start(32, 200, 0, 0.05)));
    expect((cut.truncated.arraySync() as number[]).every(Boolean)).toBe(true);
    expect((cut.steps.arraySync() as number[]).every((steps) => steps === 3)).toBe(true);
  });
});

it("nuts() does not draw a leaf that is NaN, and reports it as divergent", () => {
  scoped(() => {
    const cliff: Energy<Point> = ({ u }) => log(u);
    const sampler = nuts(cliff);
    let state = sampler.init({ position: { u: mul(ones([16, 1]), 0.5) }, lambda: ones([16]), stepSize: scalar(0.7) });
    let divergent = 0;
    for (const now of split(key(7), 5)) {
      const [next, info] = sampler.step(now, state);
      divergent += (info.divergent.arraySync() as number[]).reduce((s, x) => s + x, 0);
      state = next;
    }
    expect(divergent).toBeGreaterThan(0);
    expect((sum(state.terms, 1).arraySync() as number[]).every(Number.isFinite)).toBe(true);
  });
});

it("nuts() has the energy's own terms and gradient in its state", () => {
  scoped(() => {
    const sampler = nuts(rosenbrock, { mostDoublings: 4 });
    const [next] = sampler.step(key(8), sampler.init(start(5, 2, 0.5, 0.1)));
    const { terms, grad } = termsAndGrad(rosenbrock)(next.position);
    expect([next.terms.arraySync(), next.grad.u.arraySync()]).toEqual([terms.arraySync(), grad.u.arraySync()]);
  });
});

it("nuts() names a depth that makes no sense", () => {
  expect(() => nuts(gaussian, { mostDoublings: 0 })).toThrow("mostDoublings must be a whole number from 1 to 14, got 0");
});
