import { add as plus, div, mul, scalar, sqrt, square, sum, zerosLike as zeros, type Tensor } from "@tensorflow/tfjs-core";
import { add, map, normalLike, scale, sub, type Key, type Objective, type Params } from "@lab/tensor-core";
import { compiled } from "./compiled.ts";
import { batchesOf, checked, estimate, type Over } from "./estimate.ts";
import { eachOf } from "./sharpness.ts";

/**
 * d ← d ‖w_f‖/‖d_f‖ for each filter f of a random d: a direction in the scale of the weights, so that landscapes of different networks compare [Li2018, §4].
 *
 * A filter is what leads to one output: all but the last axis of a kernel. Vectors and scalars, biases and normalisations, stay as they are.
 *
 * @example
 * ```ts
 * import { norm, ones, zeros } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { filterNormalised } from "@lab/sam-vi";
 * const d = filterNormalised(key(0), { kernel: ones([9, 2]), bias: ones([2]) });
 * [norm(d.kernel, 2, 0), d.bias].map((x) => [...x.dataSync()].map(Math.round)); // => [ [ 3, 3 ], [ 0, 0 ] ]
 * ```
 */
export function filterNormalised<P extends Params>(key: Key, params: P): P {
  return map((w, d) => (w.rank < 2 ? zeros(w) : mul(d, div(perFilter(w), plus(perFilter(d), 1e-10)))), params, normalLike(key, params));
}

/** ‖x_f‖ of each filter, along the last axis. */
function perFilter(x: Tensor): Tensor {
  return sqrt(
    sum(
      square(x),
      x.shape.slice(0, -1).map((_, axis) => axis),
      true,
    ),
  );
}

/** The loss at w + a d₁ + b d₂; b is 0 on a line. `error` is its standard error over batches. */
export type LandscapePoint = { readonly a: number; readonly b: number; readonly loss: number; readonly error: number };

/**
 * L(w + a d₁ + b d₂) over a grid of a, b in [−span, span]: the landscape of a loss along one or two directions [Goodfellow2015; Li2018].
 *
 * Row-major, a slowest. Take `filterNormalised` directions, or eigenvectors, or the way to another solution.
 *
 * @throws RangeError unless there are one or two directions, a positive span and two points a side; for no batches
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { landscape } from "@lab/sam-vi";
 * const bowl = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(w));
 * const points = await landscape(bowl, { w: tensor1d([0, 0]) }, { directions: [{ w: tensor1d([1, 1]) }], points: 3 });
 * points.map(({ a, loss }) => [a, loss]); // => [ [ -1, 2 ], [ 0, 0 ], [ 1, 2 ] ]
 * ```
 */
export async function landscape<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  { directions, span = 1, points = 21, ...over }: Over<Batch> & { readonly directions: readonly P[]; readonly span?: number; readonly points?: number },
): Promise<readonly LandscapePoint[]> {
  const batches = batchesOf(over);
  if (directions.length < 1 || directions.length > 2) throw new RangeError(`Cannot draw a landscape: expected one or two directions, got ${directions.length}`);
  checked("span", span, { least: Number.MIN_VALUE });
  checked("points", points, { least: 2, whole: true });
  const at = compiled(loss, { measure: "landscape", jit: over.jit }, (params: P, along: readonly P[], steps: readonly Tensor[], batch: Batch) =>
    loss(
      along.reduce((w, d, i) => add(w, scale(steps[i] as never, d)), params),
      batch,
    ),
  );
  const ticks = Array.from({ length: points }, (_, i) => span * ((2 * i) / (points - 1) - 1));
  const seen: LandscapePoint[] = [];
  for (const a of ticks)
    for (const b of directions.length === 2 ? ticks : [0]) {
      const steps = directions.length === 2 ? [a, b] : [a];
      const losses = await eachOf(batches, (batch) =>
        at(
          params,
          directions,
          steps.map((s) => scalar(s)),
          batch,
        ),
      );
      const { mean, error } = estimate(losses);
      seen.push({ a, b, loss: mean, error });
    }
  return seen;
}

/** Losses on the way from one solution (t = 0) to another (t = 1), and how far the loss rises above the line between its ends. */
export type Connection = {
  readonly points: readonly { readonly t: number; readonly loss: number; readonly error: number }[];
  /** max over t of L(w_t) − (1 − t) L(w₀) − t L(w₁); zero where no point lies above. */
  readonly barrier: { readonly height: number; readonly t: number; readonly error: number };
};

/**
 * L((1 − t) w₀ + t w₁): whether two solutions are linearly connected [Goodfellow2015; Frankle2020, §2].
 *
 * `points` from t = −margin to 1 + margin. The barrier is taken over 0 ≤ t ≤ 1; its error is the standard error over batches of the height at that t.
 *
 * @throws RangeError for fewer than two points, a negative margin or no batches
 * @example
 * ```ts
 * import { square, sub, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { connection } from "@lab/sam-vi";
 * const wells = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(sub(square(w), 1)));
 * const { barrier } = await connection(wells, { w: tensor1d([-1]) }, { to: { w: tensor1d([1]) }, points: 5 });
 * [barrier.height, barrier.t]; // => [ 1, 0.5 ]
 * ```
 */
export async function connection<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  { to, points = 21, margin = 0, ...over }: Over<Batch> & { readonly to: P; readonly points?: number; readonly margin?: number },
): Promise<Connection> {
  const batches = batchesOf(over);
  checked("points", points, { least: 2, whole: true });
  checked("margin", margin, { least: 0 });
  const at = compiled(loss, { measure: "connection", jit: over.jit }, (from: P, to: P, t: Tensor, batch: Batch) =>
    loss(add(from, scale(t as never, sub(to, from))), batch),
  );
  const lossesAt = (t: number): Promise<number[]> => eachOf(batches, (batch) => at(params, to, scalar(t), batch));
  const ends = [await lossesAt(0), await lossesAt(1)] as const;
  const seen: { t: number; loss: number; error: number }[] = [];
  let barrier = { height: 0, t: 0, error: 0 };
  for (let i = 0; i < points; i++) {
    const t = -margin + ((1 + 2 * margin) * i) / (points - 1);
    const losses = await lossesAt(t);
    const { mean, error } = estimate(losses);
    seen.push({ t, loss: mean, error });
    const above = estimate(losses.map((value, j) => value - (1 - t) * ends[0][j]! - t * ends[1][j]!));
    // A NaN counts as higher than all.
    if (t >= 0 && t <= 1 && !(above.mean <= barrier.height)) barrier = { height: above.mean, t, error: above.error };
  }
  return { points: seen, barrier };
}
