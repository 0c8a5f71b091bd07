import { add as plus, mul, onesLike, rsqrt, square, sum, type Tensor } from "@tensorflow/tfjs-core";
import { add, map, normalLike, scale, size, type Objective, type Params, type Schedule } from "@lab/tensor-core";
import { batchGradient } from "../batch-gradient.ts";
import { chunks } from "../chunks.ts";
import type { Relative } from "../followed-scale.ts";
import { perturbedGradient } from "../perturbed-gradient.ts";
import { filterwise } from "../relative.ts";
import { withMemory, type MemoryOptions, type WithMemory } from "../with-memory.ts";

/** Σ x² over all weights that lead to one output, those with the same last index; over all of a vector. */
function filterSums(x: Tensor): Tensor {
  return sum(square(x), x.rank < 2 ? undefined : x.shape.slice(1).map((_, axis) => axis), true);
}

/**
 * θ ← θ + transform(λ ∇L₁(θ + ε) + (1 − λ) ∇L₂(θ)), εᵢ = ς ‖filter‖ zᵢ/√(1 + η F): random weight perturbation with a clean half [Li2024b]. One gradient a step.
 *
 * L₁ and L₂ are the losses of the two halves of a batch; at λ = 1 all of it is L₁, and at η = 0 the noise is not adaptive. F ← β F + Σ g₁² for each filter.
 * ς is the standard deviation relative to the filter, not a radius.
 *
 * @throws RangeError unless deviation, eta and beta are finite and not negative, beta below 1, and lambda in (0, 1]
 * @example
 * ```ts
 * import { square, sub, sum, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { randomWeightPerturbation } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }, { x }: { readonly x: Tensor1D }): Scalar => sum(square(sub(w, x)));
 * randomWeightPerturbation(loss, { eta: 0, transform: sgd(0.1) }).gradientsPerStep; // => 1
 * ```
 */
export function randomWeightPerturbation<P extends Params, Batch>(
  loss: Objective<P, Batch>,
  {
    deviation = 0.015,
    lambda = 0.5,
    eta = 0.1,
    beta = 0.99,
    ...options
  }: Omit<MemoryOptions, "rho"> & { readonly deviation?: number | Schedule; readonly lambda?: number; readonly eta?: number; readonly beta?: number },
): WithMemory<P, P, Batch> {
  for (const [name, value] of Object.entries({ eta, beta, ...(typeof deviation === "number" && { deviation }) }))
    if (!(value >= 0 && value < (name === "beta" ? 1 : Infinity)))
      throw new RangeError(`Cannot perturb weights: expected ${name} in [0, ${name === "beta" ? "1" : "∞"}), got ${value}`);
  if (!(lambda > 0 && lambda <= 1)) throw new RangeError(`Cannot perturb weights: expected lambda in (0, 1], got ${lambda}`);
  const lengths = filterwise();
  // σ = (ρ/√D) T with ρ = ς and T = √D ‖filter‖.
  const relative: Relative = (mean) => scale(Math.sqrt(size(mean)), lengths(mean));
  return withMemory(loss, {
    ...options,
    rho: deviation,
    relative,
    gradientsPerStep: 1,
    memory: (mean) => map((x) => mul(filterSums(x), 0), mean),
    glance({ key, posterior, memory, batch }) {
      const [noisy, still] = chunks(batch, lambda === 1 ? 1 : 2);
      const gradient = (part: Batch) => batchGradient(loss, part, { microBatches: options.microBatches ?? 1 });
      const damped = map((x, f) => mul(onesLike(x), rsqrt(plus(mul(f, eta), 1))), posterior.mean, memory);
      const look = perturbedGradient(gradient(noisy!.batch), posterior, {
        key,
        direction: (k, { mean }) => map((z, d) => mul(z, d), normalLike(k, mean), damped),
      });
      const g = look.grad.mean;
      const grad = still === undefined ? g : add(scale(lambda, g), scale(1 - lambda, gradient(still.batch)(posterior.mean).grad));
      return { loss: look.loss, grad, memory: map((f, x) => plus(mul(f, beta), filterSums(x)), memory, g) };
    },
  });
}
