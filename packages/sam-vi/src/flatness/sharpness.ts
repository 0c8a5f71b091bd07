import { add as plus, greater, less, mul as times, scalar, sub, where, type Scalar } from "@tensorflow/tfjs-core";
import { add, iterate, mul, normalLike, own, read, scale, size, split, valueAndGrad, type Key, type Objective, type Params } from "@lab/tensor-core";
import { BALLS, units, type BallNorm } from "./ball.ts";
import { compiled } from "./compiled.ts";
import { batchesOf, checked, estimate, type Estimate, type Over } from "./estimate.ts";

export type SharpnessOptions<Batch> = Over<Batch> & {
  /** The radius of the ball. */
  readonly rho?: number;
  readonly norm?: BallNorm;
  /** Whether coordinates are measured in units of |w|, so that rescaled networks are equally sharp [Kwon2021]. */
  readonly adaptive?: boolean;
};

/** A sharpness by batch. `late` is the largest part of a value that the last quarter of the ascent found: near zero where it has arrived. */
export type WorstCase = Estimate & { readonly late: number };

/**
 * max_{‖ε/T‖ ≤ ρ} L(w + ε) − L(w) by projected gradient ascent: worst-case sharpness in l2 or l∞, T = 1, or |w| if adaptive [Andriushchenko2023].
 *
 * The largest value met on the way: a lower bound of the maximum. The first ascent starts at w, each further one at a random point of the ball. Over
 * several batches this is m-sharpness, the mean of the batches' own maxima; `error` is its standard error over them. Where a loss on the way
 * is not finite, neither is the value.
 *
 * @throws RangeError for a radius, a number of steps or of ascents that is none, or no batches
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { worstCaseSharpness } from "@lab/sam-vi";
 * const bowl = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(w));
 * const { mean } = await worstCaseSharpness(bowl, { w: tensor1d([3, 4]) }, { rho: 0.5, key: key(0) });
 * mean.toFixed(3); // => '5.250'
 * ```
 */
export async function worstCaseSharpness<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  {
    rho = 0.05,
    norm = "l2",
    adaptive = false,
    steps = 20,
    ascents = 1,
    key,
    ...over
  }: SharpnessOptions<Batch> & {
    /** Of each ascent; each moves by 2.5 ρ/steps, so that it can cross the ball. */
    readonly steps?: number;
    readonly ascents?: number;
    readonly key: Key;
  },
): Promise<WorstCase> {
  const batches = batchesOf(over);
  checked("rho", rho, { least: 0 });
  checked("steps", steps, { least: 1, whole: true });
  checked("ascents", ascents, { least: 1, whole: true });
  const ball = BALLS[norm];
  const climb = (key: Key, params: P, batch: Batch, from: Scalar): { best: Scalar; early: Scalar } => {
    const unit = units(params, adaptive);
    const at = valueAndGrad((point: P) => loss(add(params, mul(unit, point)), batch));
    const start = scale(from, ball.drawn(key, params, rho));
    const clean = loss(params, batch);
    const better = (value: Scalar, best: Scalar): Scalar => {
      const rise = sub(value, clean);
      // The product carries a NaN on, which a comparison would drop.
      return plus(where(greater(rise, best), rise, best), times(rise, 0));
    };
    const initial = { point: start, best: scalar(0), early: scalar(0) };
    const { point, best, early } = iterate(
      steps,
      ({ point, best, early }, i) => {
        const { value, grad } = at(point);
        const next = better(value, best);
        return {
          point: ball.projected(add(point, scale((2.5 * rho) / steps, ball.steepest(grad))), rho),
          best: next,
          early: where(less(i, Math.ceil(0.75 * steps)), next, early) as Scalar,
        };
      },
      initial,
    );
    return { best: better(loss(add(params, mul(unit, point)), batch), best), early };
  };
  const climbed = compiled(loss, { measure: "worst case", jit: over.jit, rho, norm, adaptive, steps }, climb);
  const found: { best: number; early: number }[] = [];
  for (const [i, batchKey] of split(key, batches.length).entries()) {
    const tries: { best: number; early: number }[] = [];
    for (const [j, ascentKey] of split(batchKey, ascents).entries()) {
      using end = own(() => climbed(ascentKey, params, batches[i]!, scalar(j === 0 ? 0 : 1)));
      const { best, early } = await read(end.value);
      tries.push({ best: best.get(), early: early.get() });
    }
    found.push(tries.reduce((a, b) => (b.best <= a.best ? a : b)));
  }
  return { ...estimate(found.map(({ best }) => best)), late: Math.max(...found.map(({ best, early }) => best - early)) };
}

/**
 * L(w + ε) − L(w) at ε = ρ T² ⊙ g/‖T ⊙ g‖ for l2, or ρ T ⊙ sign(g) for l∞, g = ∇L(w): what SAM's own step sees [Foret2021, Equation 2].
 *
 * One estimate by batch; `error` is the standard error over them. It may be negative where the loss bends down.
 *
 * @throws as `worstCaseSharpness`
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { oneStepSharpness } from "@lab/sam-vi";
 * const { mean } = await oneStepSharpness(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { w: tensor1d([3, 4]) }, { rho: 0.5 });
 * mean.toFixed(3); // => '5.250'
 * ```
 */
export async function oneStepSharpness<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  { rho = 0.05, norm = "l2", adaptive = false, ...over }: SharpnessOptions<Batch> = {},
): Promise<Estimate> {
  const batches = batchesOf(over);
  checked("rho", rho, { least: 0 });
  const rise = compiled(loss, { measure: "one step", jit: over.jit, rho, norm, adaptive }, (params: P, batch: Batch) => {
    const unit = units(params, adaptive);
    const { value, grad } = valueAndGrad((at: P) => loss(at, batch))(params);
    const offset = mul(unit, scale(rho, BALLS[norm].steepest(mul(unit, grad))));
    return sub(loss(add(params, offset), batch), value) as Scalar;
  });
  return estimate(await eachOf(batches, (batch) => rise(params, batch)));
}

/**
 * E[L(w + (ρ/√D) T ⊙ z)] − L(w), z ~ N(0, I): average-case sharpness, with offsets of mean square length ρ² [Neyshabur2017; Ujvary2022].
 *
 * To second order ½ (ρ²/D) tr ∇²L where T = 1. `error` is the standard error over the draws; each draw meets all batches. Others take ρ itself as the deviation: multiply theirs by √D.
 *
 * @throws as `worstCaseSharpness`
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { averageSharpness } from "@lab/sam-vi";
 * const bowl = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(w));
 * const { mean, error } = await averageSharpness(bowl, { w: tensor1d([0, 0]) }, { rho: 1, draws: 500, key: key(1) });
 * Math.abs(mean - 1) < 5 * error; // => true
 * ```
 */
export async function averageSharpness<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  { rho = 0.05, adaptive = false, draws = 100, key, ...over }: Omit<SharpnessOptions<Batch>, "norm"> & { readonly draws?: number; readonly key: Key },
): Promise<Estimate> {
  const batches = batchesOf(over);
  checked("rho", rho, { least: 0 });
  checked("draws", draws, { least: 2, whole: true });
  const rise = compiled(loss, { measure: "average", jit: over.jit, rho, adaptive }, (key: Key, params: P, batch: Batch) => {
    const z = mul(units(params, adaptive), normalLike(key, params));
    return sub(loss(add(params, scale(rho / Math.sqrt(size(params)), z)), batch), loss(params, batch)) as Scalar;
  });
  const values: number[] = [];
  for (const drawKey of split(key, draws)) values.push(estimate(await eachOf(batches, (batch) => rise(drawKey, params, batch))).mean);
  return estimate(values);
}

/** A number for each batch. */
export async function eachOf<Batch>(batches: readonly Batch[], f: (batch: Batch) => Scalar): Promise<number[]> {
  const values: number[] = [];
  for (const batch of batches) {
    using value = own(() => ({ x: f(batch) }));
    values.push((await read(value.value)).x.get());
  }
  return values;
}
