import { abs, add, div, log, logSumExp, mul, neg, slice, square, stack, sub, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";

import { chain, clipByValue, foldIn, normal, own, read, run, scaleByLearningRate, type GradientTransform, type Key, type Schedule } from "@lab/tensor-core";
import { chart, type Chart } from "@lab/tensor-core/report";
import { mixSam, randomSam, sam } from "@lab/sam-vi";

/** Two basins: (centre, size, weight, temperature) of a wide one and of a sharp one, which is a little deeper. */
const BASINS = [
  { m: 20, s: 30, a: 0.7, b: 1.8 },
  { m: -20, s: 10, a: 0.3, b: 1.2 },
] as const;
/** ρ of the picture; D = 2. */
export const RADIUS = 8;

type Plane = { readonly t: Tensor1D };
export type Spot = readonly [number, number];

/** l(t₀, t₁) = −ln Σ a_k exp(−E_k/b_k²), E_k = ((t₀ − m_k)² + t₁²)/(2 s_k²) + ln s_k − ln|t₁|: how well N(t₀, t₁²) fits either of two Gaussians. */
export function basinLoss([x, y]: Spot): number {
  const terms = BASINS.map(({ m, s, a, b }) => Math.log(a) - (((x - m) ** 2 + y ** 2) / (2 * s * s) + Math.log(s) - Math.log(Math.abs(y))) / (b * b));
  const top = Math.max(...terms);
  return -(top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0)));
}

/** ∇l by its terms' shares. */
export function basinGradient([x, y]: Spot): Spot {
  const value = basinLoss([x, y]);
  return BASINS.reduce<Spot>(
    ([gx, gy], { m, s, a, b }) => {
      const share = Math.exp(Math.log(a) - (((x - m) ** 2 + y ** 2) / (2 * s * s) + Math.log(s) - Math.log(Math.abs(y))) / (b * b) + value);
      return [gx + (share * (x - m)) / (s * s * b * b), gy + (share * (y / (s * s) - 1 / y)) / (b * b)];
    },
    [0, 0],
  );
}

/** The same loss of tensors. */
function tensorLoss({ t }: Plane): Scalar {
  const [x, y] = [sum<Scalar>(slice(t, 0, 1)), sum<Scalar>(slice(t, 1, 1))];
  const terms = BASINS.map(({ m, s, a, b }) => {
    const energy = add(div(add(square(sub(x, m)), square(y)), 2 * s * s), sub(Math.log(s), log(abs(y))));
    return sub(Math.log(a), div(energy, b * b));
  });
  return neg(logSumExp(stack(terms)));
}

/** The four objectives at a point; `draws` are standard normal pairs, shared by all points. */
export function objectives(
  at: Spot,
  draws: readonly Spot[],
): { readonly plain: number; readonly average: number; readonly worst: number; readonly oneStep: number } {
  const plain = basinLoss(at);
  const shifted = (dx: number, dy: number): number => basinLoss([at[0] + dx, at[1] + dy]);
  const deviation = RADIUS / Math.SQRT2;
  const rings = [0.25, 0.5, 0.75, 1].flatMap((r) => Array.from({ length: 48 }, (_, i) => [r * RADIUS, (i * Math.PI) / 24] as const));
  const [gx, gy] = basinGradient(at);
  const length = Math.hypot(gx, gy);
  return {
    plain,
    average: draws.reduce((sum, [dx, dy]) => sum + shifted(deviation * dx, deviation * dy), 0) / draws.length,
    worst: Math.max(plain, ...rings.map(([r, angle]) => shifted(r * Math.cos(angle), r * Math.sin(angle)))),
    oneStep: length === 0 ? plain : shifted((RADIUS * gx) / length, (RADIUS * gy) / length),
  };
}

/** Pairs of standard normals. */
export async function pairs(key: Key, count: number): Promise<readonly Spot[]> {
  using z = own(() => ({ z: normal(key, [count, 2]) }));
  const { z: values } = await read(z.value);
  return Array.from({ length: count }, (_, i) => [values.get(i, 0), values.get(i, 1)] as const);
}

/** Where SGD, SAM, RandomSAM and MixSAM go from beside the sharp minimum: steps of size 200/(1 + t/2000), gradient entries clipped to ±0.05. */
export async function trajectories(
  key: Key,
  { steps, every }: { readonly steps: number; readonly every: number },
): Promise<readonly { readonly algorithm: string; readonly path: readonly Spot[] }[]> {
  const rate: Schedule = (count) => div(200, add(mul(count, 1 / 2000), 1));
  const transform = chain(clipByValue(0.05), scaleByLearningRate(rate)) as GradientTransform;
  const family = {
    SGD: sam<Plane>(tensorLoss, { rho: 0, transform }),
    SAM: sam<Plane>(tensorLoss, { rho: RADIUS, transform }),
    RandomSAM: randomSam<Plane>(tensorLoss, { rho: RADIUS, transform }),
    "MixSAM, κ = 1": mixSam<Plane>(tensorLoss, { rho: RADIUS, transform }),
  };
  const found = [];
  for (const [i, [algorithm, learner]] of Object.entries(family).entries()) {
    using start = own(() => ({ t: tensor1d([-15.64, 13.26]) }));
    using walked = await run(learner, start.value, {
      key: foldIn(key, i),
      steps,
      thin: every,
      record: ({ posterior }) => ({ t: posterior.mean.t }),
      jit: { xla: false },
    });
    const { t } = walked.trace;
    found.push({ algorithm, path: [[-15.64, 13.26] as const, ...Array.from({ length: t.shape[0]! }, (_, j) => [t.get(j, 0), t.get(j, 1)] as const)] });
  }
  return found;
}

/** One objective over the plane, and the ways of some algorithms on it. */
export function planeChart(
  rows: readonly { readonly t0: number; readonly t1: number; readonly value: number }[],
  {
    title,
    step,
    paths = [],
  }: { readonly title: string; readonly step: Spot; readonly paths?: readonly { readonly algorithm: string; readonly path: readonly Spot[] }[] },
): Chart {
  const values = rows.map(({ value }) => value);
  const walked = paths.flatMap(({ algorithm, path }) => path.map(([t0, t1], order) => ({ algorithm, t0, t1, order })));
  const [x, y] = [
    { field: "t0", type: "quantitative" as const, title: "t₀", scale: { domain: [-30, 40], nice: false } },
    { field: "t1", type: "quantitative" as const, title: "t₁", scale: { domain: [0, 45], nice: false } },
  ];
  return chart({
    title,
    alt: `${title}: from ${Math.min(...values).toPrecision(3)} upwards over t₀ and t₁`,
    rows,
    spec: (width) => ({
      width,
      height: Math.round(width * 0.6),
      layer: [
        {
          // The walls are cut off: the basins differ by hundredths.
          data: { values: rows.map((row) => ({ ...row, value: Math.min(row.value, 1), right: row.t0 + step[0], top: row.t1 + step[1] })) },
          mark: { type: "rect" as const, clip: true },
          encoding: {
            x,
            x2: { field: "right" },
            y,
            y2: { field: "top" },
            color: { field: "value", type: "quantitative" as const, title: "loss", scale: { scheme: "viridis" as const, domain: [0.49, 0.8], clamp: true } },
          },
        },
        ...(walked.length === 0
          ? []
          : [
              {
                data: { values: walked },
                mark: { type: "line" as const, strokeWidth: 2, clip: true },
                encoding: {
                  x,
                  y,
                  order: { field: "order", type: "quantitative" as const },
                  stroke: { field: "algorithm", type: "nominal" as const, scale: { scheme: "set1" as const } },
                },
              },
            ]),
      ],
      resolve: { scale: { color: "independent" as const } },
    }),
  });
}
