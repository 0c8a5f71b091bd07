import { fill } from "@tensorflow/tfjs-core";
import { map, size, type Algorithm, type GradientTransform, type Objective, type Params, type Tree } from "@lab/tensor-core";
import { adversarial } from "./direction/adversarial.ts";
import type { Direction } from "./direction/direction.ts";
import { gaussian } from "./direction/gaussian.ts";
import { mixed } from "./direction/mixed.ts";
import { fixedScale } from "./fixed-scale.ts";
import { klToPrior, type Prior } from "./penalty/kl-to-prior.ts";
import { perturbed, type PerturbedInfo, type PerturbedOptions, type PerturbedState } from "./perturbed.ts";

/** A member of the family on plain parameters: it starts at them, with σ = ρ/√D everywhere. */
export type Named<P extends Params, S extends Tree, Batch = void> = Algorithm<P, PerturbedState<P, S>, PerturbedInfo, Batch>;
type Options<S extends Tree> = { readonly transform: GradientTransform<S>; readonly rho?: number };

function around<P extends Params, S extends Tree, Batch = void>(
  loss: Objective<P, Batch>,
  { rho, ...options }: PerturbedOptions<S> & { readonly rho: number },
): Named<P, S, Batch> {
  if (!(rho >= 0 && rho < Infinity)) throw new RangeError(`Cannot perturb: expected rho in [0, ∞), got ${rho}`);
  const { init, step } = perturbed(loss, options);
  return { init: (mean) => init({ mean, logScale: map((x) => fill(x.shape, Math.log(rho / Math.sqrt(size(mean)))), mean) }), step };
}

function atRadius<P extends Params, S extends Tree, Batch = void>(
  loss: Objective<P, Batch>,
  direction: Direction,
  { transform, rho = 0.05 }: Options<S>,
): Named<P, S, Batch> {
  return around(loss, { direction, transform: fixedScale(transform), rho });
}

/**
 * θ ← θ + transform(∇L(θ + ρ g₀/‖g₀‖)): sharpness-aware minimisation [Foret2021, Algorithm 1]. Two gradients a step; at ρ = 0 the transform alone, bit for bit.
 *
 * @throws RangeError unless rho is finite and not negative
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key, run, sgd } from "@lab/tensor-core";
 * import { sam } from "@lab/sam-vi";
 * const algorithm = sam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { transform: sgd(0.1) });
 * using result = await run(algorithm, { w: tensor1d([3, 4]) }, { key: key(0), steps: 1, record: (_state, { loss }) => ({ loss }) });
 * result.trace.loss.get(0).toFixed(4); // => '25.5025'
 * ```
 */
export function sam<P extends Params, S extends Tree, Batch = void>(loss: Objective<P, Batch>, options: Options<S>): Named<P, S, Batch> {
  return atRadius(loss, adversarial(), options);
}

/**
 * θ ← θ + transform(∇L(θ + (ρ/√D) z)), z ~ N(0, I): SAM with a random direction of the same mean square length [Ujvary2022]. One gradient a step.
 *
 * Not R-SAM, which adds noise before SAM's ascent.
 *
 * @throws RangeError unless rho is finite and not negative
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { randomSam } from "@lab/sam-vi";
 * Object.keys(randomSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { rho: 0.1, transform: sgd(0.1) })); // => [ 'init', 'step' ]
 * ```
 */
export function randomSam<P extends Params, S extends Tree, Batch = void>(loss: Objective<P, Batch>, options: Options<S>): Named<P, S, Batch> {
  return atRadius(loss, gaussian(), options);
}

/**
 * θ ← θ + transform(∇L(θ + ρ v/‖v‖)), v = √D g₀/‖g₀‖ + κ z: between SAM and a random direction [Ujvary2022]. Two gradients a step.
 *
 * @throws RangeError unless rho and kappa are finite and not negative
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { mixSam } from "@lab/sam-vi";
 * Object.keys(mixSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { kappa: 0.5, transform: sgd(0.1) })); // => [ 'init', 'step' ]
 * ```
 */
export function mixSam<P extends Params, S extends Tree, Batch = void>(
  loss: Objective<P, Batch>,
  { kappa = 1, ...options }: Options<S> & { readonly kappa?: number },
): Named<P, S, Batch> {
  return atRadius(loss, mixed({ kappa }), options);
}

/**
 * Descends E_z L(μ + σ ⊙ z) + KL(q ‖ N(m₀, σ₀² I))/n over μ and ln σ: mean-field variational inference [Blundell2015; Ujvary2022]. One gradient a step.
 *
 * L is the **mean** log loss over n examples; ρ only sets the scale that σ starts from, ρ/√D.
 *
 * @throws RangeError unless n is at least 1, rho positive and the prior's scale positive
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { adam } from "@lab/tensor-core";
 * import { mfvi } from "@lab/sam-vi";
 * Object.keys(mfvi(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { n: 100, transform: adam(0.01) })); // => [ 'init', 'step' ]
 * ```
 */
export function mfvi<P extends Params, S extends Tree, Batch = void>(
  loss: Objective<P, Batch>,
  { n, prior = {}, rho = 0.05, transform }: Options<S> & { readonly n: number; readonly prior?: Prior },
): Named<P, S, Batch> {
  if (!(rho > 0)) throw new RangeError(`Cannot learn a scale: expected rho in (0, ∞), got ${rho}`);
  return around(loss, { direction: gaussian(), transform, penalty: klToPrior({ n, prior }), rho });
}
