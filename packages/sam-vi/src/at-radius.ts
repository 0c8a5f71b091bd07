import { fill, scalar } from "@tensorflow/tfjs-core";
import {
  constantSchedule,
  map,
  meanField,
  size,
  type Algorithm,
  type GradientTransform,
  type Objective,
  type Params,
  type Schedule,
  type Tree,
} from "@lab/tensor-core";
import type { Direction } from "./direction/direction.ts";
import { fixedScale } from "./fixed-scale.ts";
import { followedScale, logScaleAt, type Relative } from "./followed-scale.ts";
import type { Drive } from "./perturbed-gradient.ts";
import { perturbed, type DirectionSchedule, type Looks, type PerturbedInfo, type PerturbedOptions, type PerturbedState } from "./perturbed.ts";

/** How many gradients of a full batch a step takes: what algorithms are compared at. */
export type Cost = { readonly gradientsPerStep: number };
/** A member of the family on plain parameters: it starts at them, with σ = ρ/√D everywhere unless it says otherwise. */
export type Named<P extends Params, Batch = void> = Algorithm<P, PerturbedState<P, Tree>, PerturbedInfo, Batch> & Cost;

/** What every member with a radius takes. */
export type RadiusOptions = Looks & {
  /** Of the mean. */
  readonly transform: GradientTransform;
  /** ρ, in the unit of the parameters, or how it changes with the number of steps taken. */
  readonly rho?: number | Schedule;
};

/** @throws RangeError unless rho is a schedule, or finite and not negative */
function checkedRho(rho: number | Schedule): void {
  if (typeof rho === "number" && !(rho >= 0 && rho < Infinity)) throw new RangeError(`Cannot perturb: expected rho in [0, ∞), got ${rho}`);
}

type Member = RadiusOptions & {
  readonly rho: number | Schedule;
  readonly direction: Direction | DirectionSchedule;
  readonly relative?: Relative;
  readonly drive?: Drive;
  readonly gradientsPerStep: number;
};

/** A transform that holds the scale at (ρ/√D) T(mean), and ln σ to start from. */
export function heldScale(
  transform: GradientTransform,
  { rho, relative }: { readonly rho: number | Schedule; readonly relative?: Relative },
): { readonly transform: GradientTransform; readonly logScale: <P extends Params>(mean: P) => P } {
  checkedRho(rho);
  if (typeof rho === "number" && relative === undefined)
    return { transform: fixedScale(transform), logScale: (mean) => map((x) => fill(x.shape, Math.log(rho / Math.sqrt(size(mean)))), mean) };
  const reach = { rho: typeof rho === "number" ? constantSchedule(rho) : rho, ...(relative !== undefined && { relative }) };
  return { transform: followedScale(transform, reach) as GradientTransform, logScale: (mean) => logScaleAt(mean, scalar(0), reach) };
}

/** `perturbed` with a scale that is not learned: σ = (ρ/√D) T(mean), T = 1 unless told. */
export function atRadius<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho, relative, transform, gradientsPerStep, ...options }: Member,
): Named<P, Batch> {
  const held = heldScale(transform, { rho, ...(relative !== undefined && { relative }) });
  const { init, step } = perturbed<P, Tree, Batch>(loss, { ...options, transform: held.transform });
  return { init: (mean) => init({ mean, logScale: held.logScale(mean) }), step, gradientsPerStep };
}

/** `perturbed` with a scale that is learned, from σ = ρ/√D everywhere. */
export function around<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho, gradientsPerStep, ...options }: PerturbedOptions<Tree> & Cost & { readonly rho: number },
): Named<P, Batch> {
  if (!(rho > 0 && rho < Infinity)) throw new RangeError(`Cannot learn a scale: expected rho in (0, ∞), got ${rho}`);
  const { init, step } = perturbed<P, Tree, Batch>(loss, options);
  return { init: (mean) => init(meanField(mean, { scale: rho / Math.sqrt(size(mean)) })), step, gradientsPerStep };
}
