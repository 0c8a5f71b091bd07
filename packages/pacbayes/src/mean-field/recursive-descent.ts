import { add, div, exp, max, mean, mul, sqrt, stack, sub, type Tensor } from "@tensorflow/tfjs-core";
import { foldIn, map, own, read, run, split, tensors } from "@lab/tensor-core";
import type { Algorithm, GradientTransform, Key, Owned, Params, Tree } from "@lab/tensor-core";
import { recursiveBounds, type RecursiveStage, type RecursiveStart } from "../bounds/recursive.ts";
import { meanInterval } from "../certify/mean-interval.ts";
import { gaussianKl } from "../evidence/gaussian-kl.ts";
import { unwhitened, type GaussianPrior } from "../gibbs/gaussian-prior.ts";
import { boundDescent } from "./bound-descent.ts";
import { meanFieldAtPrior, meanFieldDraw, ofRun, type MeanField } from "./mean-field.ts";
import { budget, checkedObjective, type BoundObjective, type ObjectiveOptions } from "./objective.ts";

/** Examples `from` to `to`, the latter not among them. */
export type Rows = { readonly from: number; readonly to: number };
/** Parameters [chain, …] to what each of the examples costs, [chain, example]. */
export type LossesOf<P extends Params> = (params: P, rows: Rows) => Tensor;

export type RecursiveDescentOptions<P extends Params, S extends Tree> = {
  readonly prior: GaussianPrior<P>;
  /** The sizes of S₁ … S_T, in the order of the examples, which must be random; fixed before anything is trained. */
  readonly parts: readonly number[];
  readonly transform: GradientTransform<S>;
  readonly key: Key;
  /** Steps of descent in each stage. */
  readonly steps: number;
  /** γ_t of all stages, fixed beforehand. */
  readonly gamma?: number;
  readonly delta?: number;
  readonly deltaRisk?: number;
  /** Draws (h, h′) that a stage is certified with, and how many of them at once. */
  readonly draws?: number;
  readonly copies?: number;
  readonly progress?: string;
};

/** What was trained and what it is certified by. Bounds of all stages hold at once, with probability `confidence` over sample and draws. */
export type RecursivePosterior<P extends Params> = Disposable & {
  /** π₁ … π_T in the whitened coordinates of π₀, leaves [1, …]. */
  readonly posteriors: Owned<readonly MeanField<P>[]>;
  readonly bounds: readonly number[];
  /** The last of them: R(π_T) is at most this. */
  readonly bound: number;
  /** What `recursiveBounds` was told: risk and shares are upper ends over the draws. */
  readonly first: RecursiveStart;
  readonly stages: readonly RecursiveStage[];
  readonly confidence: number;
};

/**
 * ℓ̂(h) − γ ℓ̂(h′) ↦ ℓ̂(h) + (1 + γ) √((KL(π_t‖π_{t−1}) + ln(2√n/δ))/(2n)): a stage of recursive PAC-Bayes as an objective, up to the constant −γ ℓ̂(h′) + γ B_{t−1}
 * [Wu2024, Section 4; McAllester1999].
 *
 * An excess loss lies in [−γ, 1], whose width is 1 + γ. At γ = 0 it is `mcallesterObjective`.
 *
 * @throws RangeError unless n is a whole number of at least 8, δ in (0, 1) and γ in [0, 1)
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { excessObjective } from "@lab/pacbayes";
 * excessObjective({ n: 60_000, delta: 0.05, gamma: 0.5 })(tensor1d([0.02]), tensor1d([100])).dataSync()[0].toFixed(5); // => "0.06525"
 * ```
 */
export function excessObjective({ n, delta, gamma }: ObjectiveOptions & { readonly gamma: number }): BoundObjective {
  checkedObjective({ n, delta });
  if (!(gamma >= 0 && gamma < 1)) throw new RangeError(`Cannot form an objective: gamma must be in [0, 1), got ${gamma}`);
  return (risk, kl) => add(risk, mul(sqrt(div(budget(kl, { n, delta }), 2)), 1 + gamma));
}

/**
 * Recursive PAC-Bayes: π_t is trained on S_t with π_{t−1} for its prior, and certified on S_t ∪ … ∪ S_T, which π_{t−1} has not seen, by R(π_t) ≤ E_t + γ R(π_{t−1})
 * [Wu2024, Theorem 5].
 *
 * `losses` are what is descended, in [0, 1] and differentiable; `errors` are zero-one, and what is certified. Stage t works in coordinates in which π_{t−1} is
 * N(0, I), so that `boundDescent` serves with `excessObjective`, and KL(π_t‖π_{t−1}) is exact. Draws of h ~ π_t and h′ ~ π_{t−1} are exact; δ_r is shared among the
 * intervals of one risk and three shares a stage, δ among the stages by `recursiveBounds`. With one part it is the plain bound of a data-free prior. It need not be
 * tighter: where the first stage is loose, γ B₁ is carried on.
 *
 * @throws RangeError for an error that is neither 0 nor 1, and unless there is a part, each of at least 8 examples, γ is in (0, 1), δ and δ_r are in (0, 1), and draws, copies and steps are whole numbers of at
 * least 1
 * @example
 * ```ts
 * import { cast, greater, slice, square, sub, zeros, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
 * import { chain, key, own, scaleByAdam, uniform } from "@lab/tensor-core";
 * import { gaussianPrior, recursiveDescent, scaleByLearningRates, type Rows } from "@lab/pacbayes";
 * const world = own(() => ({ z: uniform(key(1), [1, 400]), zero: zeros([1, 1]) }));
 * type Weights = { readonly w: Tensor };
 * const losses = ({ w }: Weights, { from, to }: Rows) => square(sub(w, slice(world.value.z as Tensor2D, [0, from], [1, to - from])));
 * const errors = (params: Weights, rows: Rows) => cast(greater(losses(params, rows), 0.2), "float32");
 * const prior = gaussianPrior({ w: world.value.zero }, { scale: 1 });
 * const transform = chain(scaleByAdam(), scaleByLearningRates([0.05]));
 * using trained = await recursiveDescent({ losses, errors }, { prior, parts: [100, 300], transform, key: key(2), steps: 50 });
 * trained.bounds[1] < trained.bounds[0]; // => true
 * ```
 */
export async function recursiveDescent<P extends Params, S extends Tree>(
  { losses, errors }: { readonly losses: LossesOf<P>; readonly errors: LossesOf<P> },
  options: RecursiveDescentOptions<P, S>,
): Promise<RecursivePosterior<P>> {
  const { prior, parts, transform, key, steps, gamma = 0.5, delta = 0.025, deltaRisk = 0.01, draws = 1000, copies = 100, progress } = options;
  checkedParts(parts, { gamma, delta, deltaRisk, draws, copies, steps });
  const total = parts.reduce((sum, size) => sum + size, 0);
  const each = deltaRisk / (1 + 3 * (parts.length - 1));
  let held = own(() => [meanFieldAtPrior(prior, { runs: 1 })] as readonly MeanField<P>[]);
  const keep = (next: Owned<readonly MeanField<P>[]>): void => {
    held[Symbol.dispose]();
    held = next;
  };
  try {
    const certified: { readonly shares: readonly [number, number, number]; readonly kl: number; readonly n: number }[] = [];
    let from = 0;
    for (const [t, size] of parts.entries()) {
      const [trainKey, drawKey] = split(foldIn(key, t), 2) as [Key, Key];
      const rows = { from, to: from + size };
      const before = held.value[t]!;
      // Coordinates in which the posterior before is N(0, I).
      const energy = (v: P): Tensor => losses(unwhitened(prior, seenFrom(before, v)), rows);
      const objective = excessObjective({ n: size, delta: delta / parts.length, gamma: t === 0 ? 0 : gamma });
      using start = own(() => meanFieldAtPrior(prior, { runs: 1 }));
      const label = progress === undefined ? {} : { progress: `${progress}, stage ${t + 1} of ${parts.length}` };
      using trained = await run(boundDescent(energy, { objective, transform }), start.value, { key: trainKey, steps, ...label });
      const step = trained.state.value.posterior;
      const kl = await exactKl(step);
      keep(
        own(() => [
          ...held.value,
          { mean: seenFrom(before, step.mean), logScale: map((s, more) => add(s, more), before.logScale, step.logScale) } as MeanField<P>,
        ]),
      );
      const pairs = excesses((params: P) => errors(params, { from, to: total }), prior);
      using both = own(() => ({ now: ofRun(held.value[t + 1]!, 0, { copies }), before: ofRun(held.value[t]!, 0, { copies }) }));
      using drawn = await run(pairs, both.value, { key: drawKey, steps: Math.ceil(draws / copies), record: (_, info) => info });
      const stray = drawn.trace.stray.data.find((x) => x !== 0 && !Number.isNaN(x));
      if (stray !== undefined) throw new RangeError(`Cannot certify recursively: expected errors of 0 or 1, got one with e(1 − e) = ${stray}`);
      const count = Math.ceil(draws / copies) * copies;
      const column = (j: number): number[] => Array.from({ length: count }, (_, i) => drawn.trace.shares.get(Math.floor(i / copies), i % copies, j));
      const [atLeast0, error, only] = [0, 1, 2].map((j) => upperEnd(column(j), each)) as [number, number, number];
      // Shares do not increase, so that neither need their upper ends.
      const middle = Math.min(atLeast0, error);
      certified.push({ shares: t === 0 ? [1, error, only] : [atLeast0, middle, Math.min(middle, only)], kl, n: total - from });
      from += size;
    }
    const [one, ...later] = certified;
    const first = { empiricalRisk: one!.shares[1], kl: one!.kl, n: one!.n };
    const stages = later.map((stage) => ({ gamma, ...stage }));
    const bounds = recursiveBounds(first, stages, { delta });
    const posteriors = own(() => held.value.slice(1));
    held[Symbol.dispose]();
    return {
      posteriors,
      bounds,
      bound: bounds.at(-1)!,
      first,
      stages,
      confidence: 1 - delta - deltaRisk,
      [Symbol.dispose]: () => posteriors[Symbol.dispose](),
    };
  } catch (cause) {
    held[Symbol.dispose]();
    throw cause;
  }
}

/** m + e^{s} ⊙ v. */
function seenFrom<P extends Params>({ mean, logScale }: MeanField<P>, v: P): P {
  return map((m, s, x) => add(m, mul(exp(s), x)), mean, logScale, v);
}

type Pair<P extends Params> = { readonly now: MeanField<P>; readonly before: MeanField<P> };

/** Of pairs of draws h, h′: the shares of examples where ℓ(h) − γ ℓ(h′) is at least 0, 1 − γ and 1, [copy, 3]; the greatest e(1 − e), 0 for zero-one errors. */
function excesses<P extends Params>(
  errors: (params: P) => Tensor,
  prior: GaussianPrior<P>,
): Algorithm<Pair<P>, Pair<P>, { readonly shares: Tensor; readonly stray: Tensor }> {
  return {
    init: (pair) => pair,
    step(key, pair) {
      const [nowKey, beforeKey] = split(key, 2) as [Key, Key];
      const [now, before] = [errors(unwhitened(prior, meanFieldDraw(nowKey, pair.now))), errors(unwhitened(prior, meanFieldDraw(beforeKey, pair.before)))];
      const right = sub(1, now);
      const shares = [sub(1, mul(right, before)), now, mul(now, sub(1, before))].map((share) => mean(share, 1));
      return [pair, { shares: stack(shares, 1), stray: max(mul(now, right), 1) }];
    },
  };
}

function upperEnd(values: readonly number[], delta: number): number {
  const mean = Math.min(1, Math.max(0, values.reduce((s, x) => s + x, 0) / values.length));
  const variance = values.reduce((s, x) => s + (x - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return meanInterval({ mean, draws: values.length, variance }, delta).high;
}

/** KL(π_t‖π_{t−1}) in float64. */
async function exactKl<P extends Params>(step: MeanField<P>): Promise<number> {
  const { means, scales } = await read({ means: tensors(step.mean), scales: tensors(step.logScale) });
  return means.reduce((sum, m, i) => sum + gaussianKl(m.data, scales[i]!.data), 0);
}

type Numbers = { readonly [name in "gamma" | "delta" | "deltaRisk" | "draws" | "copies" | "steps"]: number };

function checkedParts(parts: readonly number[], { gamma, delta, deltaRisk, ...counts }: Numbers): void {
  const small = parts.find((size) => !(Number.isInteger(size) && size >= 8));
  if (parts.length === 0 || small !== undefined)
    throw new RangeError(`Cannot train recursively: expected parts of at least 8 examples, got ${small ?? "none"}`);
  for (const [name, value] of Object.entries({ gamma, delta, deltaRisk }))
    if (!(value > 0 && value < 1)) throw new RangeError(`Cannot train recursively: ${name} must be in (0, 1), got ${value}`);
  for (const [name, value] of Object.entries(counts))
    if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`Cannot train recursively: ${name} must be a whole number of at least 1, got ${value}`);
}
