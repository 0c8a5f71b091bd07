import type { Objective, Params } from "@lab/tensor-core";
import { atRadius, type Named, type RadiusOptions } from "../at-radius.ts";
import { ellipsoidal } from "../direction/ellipsoidal.ts";
import type { Relative } from "../followed-scale.ts";
import { elementwise } from "../relative.ts";
import { kernels } from "../direction/restricted.ts";

/** T = |w| + η for kernels, 1 elsewhere. */
const ofKernels: Relative = elementwise({ eta: 0.01, among: kernels });

/**
 * θ ← θ + transform(∇L(θ + ρ T² ⊙ g₀/‖T ⊙ g₀‖)): adaptive sharpness-aware minimisation [Kwon2021, Equation 6]. Two gradients a step.
 *
 * By default T is |w| + 0.01 for kernels and 1 for biases and the like, as Kwon et al. have it, for which radii of 0.5 to 1 are usual. The other variant in use has T = |w| for
 * all: `relative: elementwise()`, with radii of about 2. `filterwise` and `layerwise` normalise whole filters and tensors.
 *
 * @throws RangeError unless rho is finite and not negative
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key, sgd } from "@lab/tensor-core";
 * import { asam, elementwise } from "@lab/sam-vi";
 * const { init, step } = asam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { rho: 1, relative: elementwise(), transform: sgd(0.5) });
 * const [{ posterior }] = step(key(0), init({ w: tensor1d([2, 0]) }), undefined);
 * posterior.mean.w.dataSync().map(Math.round); // => Float32Array(2) [ -2, 0 ]
 * ```
 */
export function asam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.5, relative = ofKernels, samples = 1, ...options }: RadiusOptions & { readonly relative?: Relative },
): Named<P, Batch> {
  return atRadius(loss, { ...options, direction: ellipsoidal(), relative, rho, samples, gradientsPerStep: 1 + samples });
}
