import { equal } from "@tensorflow/tfjs-core";
import { add, map, scale, sub, where, zerosLike, type Objective, type Params } from "@lab/tensor-core";
import { onSphere } from "../direction/sphere.ts";
import { perturbedGradient } from "../perturbed-gradient.ts";
import { withMemory, type MemoryOptions, type WithMemory } from "../with-memory.ts";

/**
 * θ ← θ + transform(∇L(θ + ρ d/‖d‖)), d = g₀ − ς m, m ← λ m + (1 − λ) g₀: friendly SAM, whose ascent leaves out what all batches share [Li2024, Algorithm 1].
 *
 * At the first step d = m = g₀. Two gradients a step, and a memory of the size of the parameters.
 *
 * @throws RangeError unless rho is finite and not negative, sigma finite and 0 ≤ lambda < 1
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { friendlySam } from "@lab/sam-vi";
 * friendlySam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { transform: sgd(0.1) }).gradientsPerStep; // => 2
 * ```
 */
export function friendlySam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.2, sigma = 1, lambda = 0.9, ...options }: MemoryOptions & { readonly sigma?: number; readonly lambda?: number },
): WithMemory<P, P, Batch> {
  if (!(Number.isFinite(sigma) && lambda >= 0 && lambda < 1))
    throw new RangeError(`Cannot take out the shared gradient: expected a finite sigma and lambda in [0, 1), got ${sigma} and ${lambda}`);
  return withMemory(loss, {
    ...options,
    rho,
    gradientsPerStep: 2,
    memory: (mean) => zerosLike(mean),
    glance({ at, key, posterior, count, memory }) {
      const g = at(posterior.mean).grad;
      const first = equal(count, 0);
      const ascent = onSphere(where(first, g, sub(g, scale(sigma, memory))));
      const look = perturbedGradient(at, posterior, { key, direction: (_key, { mean }) => map((_, u) => u, mean, ascent) });
      return { loss: look.loss, grad: look.grad.mean, memory: where(first, g, add(scale(lambda, memory), scale(1 - lambda, g))) };
    },
  });
}
