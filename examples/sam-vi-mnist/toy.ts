import { add, div, mul, scalar } from "@tensorflow/tfjs-core";
import { chain, clipByValue, foldIn, normal, own, read, run, scaleByLearningRate, type GradientTransform, type Key, type Schedule } from "@lab/tensor-core";
import { chart, type Chart } from "@lab/tensor-core/report";
import {
  ILLUSTRATED_RADIUS,
  mixSam,
  oneStepLoss,
  planeLoss,
  randomSam,
  sam,
  smoothedLoss,
  twoBasins,
  worstLoss,
  type PlaneParams,
  type Point,
} from "@lab/sam-vi";

/** Beside the sharp minimum. */
const START: Point = [-15.64, 13.26];

/** The four objectives at a point; `draws` are standard normal pairs, shared by all points. */
export function objectives(
  at: Point,
  draws: readonly Point[],
): { readonly plain: number; readonly average: number; readonly worst: number; readonly oneStep: number } {
  const rho = ILLUSTRATED_RADIUS;
  return { plain: twoBasins(at), average: smoothedLoss(at, { rho, draws }), worst: worstLoss(at, { rho }), oneStep: oneStepLoss(at, { rho }) };
}

/** Pairs of standard normals. */
export async function pairs(key: Key, count: number): Promise<readonly Point[]> {
  using z = own(() => ({ z: normal(key, [count, 2]) }));
  const { z: values } = await read(z.value);
  return Array.from({ length: count }, (_, i) => [values.get(i, 0), values.get(i, 1)] as const);
}

/** Where SGD, SAM, RandomSAM and MixSAM go from beside the sharp minimum: steps of size 200/(1 + t/2000), gradient entries clipped to ±0.05. */
export async function trajectories(
  key: Key,
  { steps, every }: { readonly steps: number; readonly every: number },
): Promise<readonly { readonly algorithm: string; readonly path: readonly Point[] }[]> {
  const rate: Schedule = (count) => div(200, add(mul(count, 1 / 2000), 1));
  const transform = chain(clipByValue(0.05), scaleByLearningRate(rate)) as GradientTransform;
  const family = {
    SGD: sam<PlaneParams>(planeLoss, { rho: 0, transform }),
    SAM: sam<PlaneParams>(planeLoss, { rho: ILLUSTRATED_RADIUS, transform }),
    RandomSAM: randomSam<PlaneParams>(planeLoss, { rho: ILLUSTRATED_RADIUS, transform }),
    "MixSAM, κ = 1": mixSam<PlaneParams>(planeLoss, { rho: ILLUSTRATED_RADIUS, transform }),
  };
  const found = [];
  for (const [i, [algorithm, learner]] of Object.entries(family).entries()) {
    using start = own(() => ({ t0: scalar(START[0]), t1: scalar(START[1]) }));
    using walked = await run(learner, start.value, {
      key: foldIn(key, i),
      steps,
      thin: every,
      record: ({ posterior }) => posterior.mean,
      jit: { xla: false },
    });
    const { t0, t1 } = walked.trace;
    found.push({ algorithm, path: [START, ...Array.from({ length: t0.shape[0]! }, (_, j) => [t0.get(j), t1.get(j)] as const)] });
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
  }: { readonly title: string; readonly step: Point; readonly paths?: readonly { readonly algorithm: string; readonly path: readonly Point[] }[] },
): Chart {
  const values = rows.map(({ value }) => value).filter(Number.isFinite);
  const walked = paths.flatMap(({ algorithm, path }) => path.map(([t0, t1], order) => ({ algorithm, t0, t1, order })));
  const [x, y] = [
    { field: "t0", type: "quantitative" as const, title: "t₀", scale: { domain: [-30, 40], nice: false } },
    { field: "t1", type: "quantitative" as const, title: "t₁", scale: { domain: [0, 45], nice: false } },
  ];
  return chart({
    title,
    alt: `${title}: from ${Math.min(...values).toPrecision(3)} upwards over t₀ and t₁`,
    rows: rows.map((row) => ({ ...row, value: Number.isFinite(row.value) ? row.value : null })),
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
