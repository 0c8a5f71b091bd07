import type { Optimizer } from "@tensorflow/tfjs-core";
import { PerturbedOptimizer } from "./perturbed-optimizer.ts";
import type { PerturbedSettings } from "./settings.ts";

type Options = Pick<PerturbedSettings, "rho" | "weightDecay" | "clipNorm" | "seed">;
type LearnedOptions = Options & { readonly n: number; readonly prior?: { readonly mean?: number; readonly scale?: number } };

/**
 * w ← base(∇L(w + ρ g₀/‖g₀‖)): sharpness-aware minimisation around any optimizer of TensorFlow.js [Foret2021, Algorithm 1]. Two gradients a step.
 *
 * @throws TypeError for a base that is no optimizer, RangeError unless rho is finite and not negative
 * @example
 * ```ts
 * import { tensor1d, tensor2d, train } from "@tensorflow/tfjs-core";
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 * import { sam } from "@lab/sam-vi/layers";
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: "ones" })] });
 * model.compile({ optimizer: sam(train.momentum(0.1, 0.9), { rho: 0.05 }), loss: "meanSquaredError" });
 * const { history } = await model.fit(tensor2d([[0], [1]]), tensor1d([1, 3]), { epochs: 40, verbose: 0 });
 * Number(history["loss"]!.at(-1)) < 0.1; // => true
 * ```
 */
export function sam(base: Optimizer, { rho = 0.05, ...options }: Options = {}): PerturbedOptimizer {
  return new PerturbedOptimizer(base, { ...options, direction: "adversarial", rho });
}

/**
 * w ← base(∇L(w + ρ T² ⊙ g₀/‖T ⊙ g₀‖)), T = |w| + η: adaptive sharpness-aware minimisation [Kwon2021, Equation 6]. Two gradients a step.
 *
 * By default T is |w| + η for kernels and 1 for biases and the like, as Kwon et al.; with `adaptive: "all"` it is |w| + η everywhere, and radii of about 2 are usual.
 *
 * @throws as `sam`
 * @example
 * ```ts
 * import { train } from "@tensorflow/tfjs-core";
 * import { asam } from "@lab/sam-vi/layers";
 * asam(train.sgd(0.1)).rho; // => 0.5
 * ```
 */
export function asam(
  base: Optimizer,
  { rho = 0.5, adaptive = "kernels", eta = 0.01, ...options }: Options & { readonly adaptive?: "all" | "kernels"; readonly eta?: number } = {},
): PerturbedOptimizer {
  return new PerturbedOptimizer(base, { ...options, direction: "ellipsoidal", adaptive, eta, rho });
}

/**
 * w ← base(∇L(w + (ρ/√D) z)), z ~ N(0, I): a random direction [Ujvary2022]. One gradient a step; the loss that `fit` reports is that of the perturbed weights.
 *
 * @throws as `sam`
 * @example
 * ```ts
 * import { train } from "@tensorflow/tfjs-core";
 * import { randomSam } from "@lab/sam-vi/layers";
 * randomSam(train.sgd(0.1), { rho: 0.1 }).getConfig()["direction"]; // => 'gaussian'
 * ```
 */
export function randomSam(base: Optimizer, { rho = 0.05, ...options }: Options = {}): PerturbedOptimizer {
  return new PerturbedOptimizer(base, { ...options, direction: "gaussian", rho });
}

/**
 * w ← base(∇L(w + ρ v/‖v‖)), v = √D g₀/‖g₀‖ + κ z: between SAM and a random direction [Ujvary2022]. Two gradients a step.
 *
 * @throws as `sam`; RangeError unless kappa is finite and not negative
 * @example
 * ```ts
 * import { train } from "@tensorflow/tfjs-core";
 * import { mixSam } from "@lab/sam-vi/layers";
 * mixSam(train.sgd(0.1), { kappa: 0.5 }).getConfig()["kappa"]; // => 0.5
 * ```
 */
export function mixSam(base: Optimizer, { rho = 0.05, kappa = 1, ...options }: Options & { readonly kappa?: number } = {}): PerturbedOptimizer {
  return new PerturbedOptimizer(base, { ...options, direction: "mixed", rho, kappa });
}

/**
 * Descends E_z L(μ + σ ⊙ z) + KL(q ‖ N(m₀, σ₀² I))/n over μ and ln σ: mean-field variational inference [Blundell2015; Ujvary2022]. One gradient a step.
 *
 * The model's weights are μ; `sampled` draws from q. The base moves ln σ too, at its own learning rate, so that Adam suits better than plain descent. The
 * loss must be a mean over examples; what `fit` reports is the loss at the draw, without the KL. ρ/√D is the scale that σ starts from.
 *
 * @throws as `sam`; RangeError unless n is at least 1, rho positive and the prior's scale positive
 * @example
 * ```ts
 * import { train } from "@tensorflow/tfjs-core";
 * import { mfvi } from "@lab/sam-vi/layers";
 * mfvi(train.adam(0.001), { n: 60_000 }).getConfig()["learned"]; // => { n: 60000, priorMean: 0, priorScale: 1 }
 * ```
 */
export function mfvi(base: Optimizer, options: LearnedOptions): PerturbedOptimizer {
  return learning(base, "gaussian", options);
}

/**
 * As `mfvi`, with u = √D σ ⊙ g₀/‖σ ⊙ g₀‖ in the place of z: variational SAM, form I [Ujvary2022]. Two gradients a step.
 *
 * @throws as `mfvi`
 * @example
 * ```ts
 * import { train } from "@tensorflow/tfjs-core";
 * import { variationalSam } from "@lab/sam-vi/layers";
 * variationalSam(train.adam(0.001), { n: 60_000 }).getConfig()["direction"]; // => 'ellipsoidal'
 * ```
 */
export function variationalSam(base: Optimizer, options: LearnedOptions): PerturbedOptimizer {
  return learning(base, "ellipsoidal", options);
}

function learning(
  base: Optimizer,
  direction: "gaussian" | "ellipsoidal",
  { n, prior: { mean = 0, scale = 1 } = {}, ...options }: LearnedOptions,
): PerturbedOptimizer {
  return new PerturbedOptimizer(base, { ...options, direction, learned: { n, priorMean: mean, priorScale: scale } });
}
