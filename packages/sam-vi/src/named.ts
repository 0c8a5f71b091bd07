import type { GradientTransform, Objective, Params, Schedule } from "@lab/tensor-core";
import { around, atRadius, type Named, type RadiusOptions } from "./at-radius.ts";
import { adversarial } from "./direction/adversarial.ts";
import type { Direction } from "./direction/direction.ts";
import { ellipsoidal } from "./direction/ellipsoidal.ts";
import { gaussian } from "./direction/gaussian.ts";
import { mixed } from "./direction/mixed.ts";
import { klToPrior, type Prior } from "./penalty/kl-to-prior.ts";
import type { Looks } from "./perturbed.ts";
import { perturbedDrive } from "./perturbed-gradient.ts";

/** What every member with a learned scale takes. */
export type LearnedOptions = Looks & {
  /** Training examples. */
  readonly n: number;
  readonly prior?: Prior;
  /** σ starts from ρ/√D. */
  readonly rho?: number;
  /** Of the tree { mean, logScale }; `separate` gives each its own. */
  readonly transform: GradientTransform;
};

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
export function sam<P extends Params, Batch = void>(loss: Objective<P, Batch>, { rho = 0.05, samples = 1, ...options }: RadiusOptions): Named<P, Batch> {
  return atRadius(loss, { ...options, direction: adversarial(), rho, samples, gradientsPerStep: 1 + samples });
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
 * randomSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { rho: 0.1, transform: sgd(0.1) }).gradientsPerStep; // => 1
 * ```
 */
export function randomSam<P extends Params, Batch = void>(loss: Objective<P, Batch>, { rho = 0.05, samples = 1, ...options }: RadiusOptions): Named<P, Batch> {
  return atRadius(loss, { ...options, direction: gaussian(), rho, samples, gradientsPerStep: samples });
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
 * mixSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { kappa: 0.5, transform: sgd(0.1) }).gradientsPerStep; // => 2
 * ```
 */
export function mixSam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.05, kappa = 1, samples = 1, ...options }: RadiusOptions & { readonly kappa?: number | Schedule },
): Named<P, Batch> {
  const direction = typeof kappa === "number" ? mixed({ kappa }) : { at: (count: Parameters<Schedule>[0]) => mixed({ kappa: kappa(count) }) };
  return atRadius(loss, { ...options, direction, rho, samples, gradientsPerStep: 1 + samples });
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
 * mfvi(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { n: 100, transform: adam(0.01) }).gradientsPerStep; // => 1
 * ```
 */
export function mfvi<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { n, prior = {}, rho = 0.05, samples = 1, noise = gaussian(), ...options }: LearnedOptions & { readonly noise?: Direction },
): Named<P, Batch> {
  return around(loss, { ...options, direction: noise, penalty: klToPrior({ n, prior }), rho, samples, gradientsPerStep: samples });
}

/**
 * `mfvi` with the adversarial u = √D σ ⊙ g₀/‖σ ⊙ g₀‖ in the place of z: variational SAM [Ujvary2022]. Two gradients a step.
 *
 * Form I, `scaleGradient: "perturbed"`: ∂ln σ = g₁ ⊙ σ ⊙ u + ∂KL/n. Form II, `"clean"`: g₀ in the place of g₁, the exact derivative of √D ‖σ ⊙ g₀‖ in ln σ. The
 * radius in whitened coordinates is √D in both; ρ only sets the scale that σ starts from.
 *
 * @throws RangeError unless n is at least 1, rho positive and the prior's scale positive
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { adam } from "@lab/tensor-core";
 * import { variationalSam } from "@lab/sam-vi";
 * variationalSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { n: 100, transform: adam(0.01) }).gradientsPerStep; // => 2
 * ```
 */
export function variationalSam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { n, prior = {}, rho = 0.05, samples = 1, scaleGradient = "perturbed", ...options }: LearnedOptions & { readonly scaleGradient?: "perturbed" | "clean" },
): Named<P, Batch> {
  const drive = scaleGradient === "perturbed" ? perturbedDrive : cleanScaleDrive;
  return around(loss, { ...options, direction: ellipsoidal(), drive, penalty: klToPrior({ n, prior }), rho, samples, gradientsPerStep: 1 + samples });
}

const cleanScaleDrive: typeof perturbedDrive = (perturbed, clean) => ({ mean: perturbed, logScale: clean() });
