import { abs, add, concat, max, mul, neg, scalar, slice, square, sub, sum, tensor1d, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, map, scoped, termsAndGrad, type Params } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { endpoint, type PhasePoint } from "./endpoint.ts";
import { rotation, straight, type Flow } from "./flow.ts";
import { blanes, leapfrog, mclachlan, suzuki, yoshida, yoshida6, type Integrator } from "./integrator.ts";
import { diagonal, identity, kineticChange, type Metric } from "./metric.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
/** Asymmetric, with a quartic part: no step is exact. */
const evaluate = termsAndGrad(({ u }: Point) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 0.5)], 1));
const masses = diagonal<Point>({ u: tensor2d([[0.5, 2]]) });
const integrators = [leapfrog, mclachlan, blanes, yoshida, suzuki, yoshida6];

function begin(): PhasePoint<Point> {
  const position = {
    u: tensor2d([
      [0.3, -0.4],
      [-1.1, 0.6],
      [0.9, 1.2],
    ]),
  };
  return {
    position,
    momentum: {
      u: tensor2d([
        [0.7, 0.2],
        [-0.5, 0.9],
        [0.1, -1.3],
      ]),
    },
    ...evaluate(position),
  };
}

const distance = (a: Tensor, b: Tensor): number => max(abs(sub(a, b))).dataSync()[0]!;
const lambda = (): Tensor => tensor1d([0.5, 1, 0.8]);

/** The greatest |ΔH| among the chains after a time of 1. */
function energyError(integrator: Integrator, flow: Flow, metric: Metric<Point>, steps: number): number {
  return scoped(() => {
    const start = begin();
    const end = endpoint({ evaluate, integrator, flow, metric }, start, { lambda: lambda(), stepSize: scalar(1 / steps), steps });
    const likelihood = mul(lambda(), sum(sub(end.terms, start.terms), 1));
    const prior = mul(sum(mul(sub(end.position.u, start.position.u), add(end.position.u, start.position.u)), 1), 0.5);
    const change = add(add(likelihood, prior), kineticChange(metric, start.momentum, end.momentum));
    return Math.max(...(change.arraySync() as number[]).map(Math.abs));
  });
}

describe.each(
  integrators.flatMap((integrator) =>
    [straight, rotation].flatMap((flow) =>
      [["unit masses", identity<Point>()] as const, ["a diagonal metric", masses] as const].map(
        ([masses, metric]) => [integrator.name, flow.name, masses, integrator, flow, metric] as const,
      ),
    ),
  ),
)("%s by %s drifts and %s", (name, drifts, masses, integrator, flow, metric) => {
  it(`endpoint() by ${name}, ${drifts}, ${masses} is reversible: turned around, it leads back`, () => {
    scoped(() => {
      const start = begin();
      const options = { lambda: lambda(), stepSize: scalar(0.2), steps: 7 };
      const dynamics = { evaluate, integrator, flow, metric };
      const end = endpoint(dynamics, start, options);
      const back = endpoint(dynamics, { ...end, momentum: map((p) => neg(p), end.momentum) }, options);
      const moved = distance(end.position.u, start.position.u);
      expect(moved).toBeGreaterThan(0.1);
      // Rounding of a few dozen operations on numbers of order 1, amplified by the flow: not derived, 2⁻²⁴ · 200.
      expect(distance(back.position.u, start.position.u)).toBeLessThan(1.2e-5);
      expect(distance(neg(back.momentum.u), start.momentum.u)).toBeLessThan(1.2e-5);
    });
  });

  // The smaller errors of the other two drown in the rounding of float32; all are held to their order below, in float64.
  if (integrator === suzuki || integrator === yoshida6) return;
  it(`endpoint() by ${name}, ${drifts}, ${masses} has an energy error of order ${integrator.order}`, () => {
    const counts = integrator.order === 4 ? [3, 4, 5, 6, 8] : [8, 11, 16, 22, 32];
    const points = counts.map((steps) => [Math.log(1 / steps), Math.log(energyError(integrator, flow, metric, steps))] as const);
    const centre = (i: 0 | 1): number => points.reduce((s, p) => s + p[i], 0) / points.length;
    const slope = points.reduce((s, [x, y]) => s + (x - centre(0)) * (y - centre(1)), 0) / points.reduce((s, [x]) => s + (x - centre(0)) ** 2, 0);
    // The next term of the error moves the slope at these steps: not derived.
    expect(Math.abs(slope - integrator.order)).toBeLessThan(integrator.order === 4 ? 1 : 0.3);
  });
});

it.each(integrators.map((integrator) => [integrator.name, integrator] as const))(
  "%s is a palindrome whose kicks and drifts each sum to 1",
  (_, { kicks, drifts }) => {
    for (const parts of [kicks, drifts]) {
      expect(parts).toEqual(parts.toReversed());
      expect(parts.reduce((s, x) => s + x, 0)).toBeCloseTo(1, 12);
    }
    expect(kicks.length).toBe(drifts.length + 1);
  },
);

it.each(integrators.map((integrator) => [integrator.name, integrator] as const))(
  "%s has the order that it states, in float64",
  (_, { kicks, drifts, order }) => {
    const H = (x: number, y: number, p: number, q: number): number => (1 - x) ** 2 / 2 + (y - x * x) ** 2 / 4 + (x * x + y * y + p * p + q * q) / 2;
    const errorAt = (steps: number): number => {
      let [x, y, p, q] = [0.3, -0.4, 0.7, 0.2];
      const initial = H(x, y, p, q);
      const kick = (time: number): void => {
        p -= time * (x - 1 - x * (y - x * x) + x);
        q -= time * ((y - x * x) / 2 + y);
      };
      for (let i = 0; i < steps; i++) {
        kick(kicks[0]! / steps);
        drifts.forEach((drift, j) => {
          x += (drift / steps) * p;
          y += (drift / steps) * q;
          kick(kicks[j + 1]! / steps);
        });
      }
      return Math.abs(H(x, y, p, q) - initial);
    };
    const [coarse, fine] = order === 6 ? [16, 48] : [32, 128];
    const slope = Math.log(errorAt(coarse) / errorAt(fine)) / Math.log(fine / coarse);
    // The next term of an even error is two orders smaller: of the order of the step squared, not derived.
    expect(Math.abs(slope - order)).toBeLessThan(0.15);
  },
);
