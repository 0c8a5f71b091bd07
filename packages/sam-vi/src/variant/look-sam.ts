import { cast, equal, mod, type Scalar } from "@tensorflow/tfjs-core";
import { add, iterate, norm, scale, zerosLike, type Objective, type Params } from "@lab/tensor-core";
import { adversarial } from "../direction/adversarial.ts";
import { orthogonal, unit } from "../orthogonal.ts";
import { perturbedGradient } from "../perturbed-gradient.ts";
import { withMemory, type MemoryOptions, type WithMemory } from "../with-memory.ts";

/**
 * Every k-th step that of SAM, of which v̂ = v/‖v‖, v = g₁ − ⟨g₁, ĝ₀⟩ ĝ₀ is kept; at the others g₀ + α ‖g₀‖ v̂: LookSAM [Liu2022, Algorithm 1].
 *
 * 1 + 1/k gradients a step: the second is left out, not masked out. With α = 0 it is SAM at intervals and the base optimizer between them. Norms are global.
 *
 * @throws RangeError unless rho is finite and not negative, alpha is finite and every a whole number of at least 1
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { lookSam } from "@lab/sam-vi";
 * lookSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { every: 5, transform: sgd(0.1) }).gradientsPerStep; // => 1.2
 * ```
 */
export function lookSam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.05, every = 5, alpha = 0.7, ...options }: MemoryOptions & { readonly every?: number; readonly alpha?: number },
): WithMemory<P, P, Batch> {
  if (!(Number.isInteger(every) && every >= 1)) throw new RangeError(`Cannot look ahead: expected every to be a whole number of at least 1, got ${every}`);
  if (!Number.isFinite(alpha)) throw new RangeError(`Cannot look ahead: expected a finite alpha, got ${alpha}`);
  return withMemory(loss, {
    ...options,
    rho,
    gradientsPerStep: 1 + 1 / every,
    memory: (mean) => zerosLike(mean),
    glance({ at, key, posterior, count, memory }) {
      const { value, grad } = at(posterior.mean);
      const reused = { loss: value, grad: add(grad, scale(scale(alpha, norm(grad)), memory)), memory };
      const ascends: Scalar = cast(equal(mod(count, every), 0), "int32");
      return iterate(
        ascends,
        () => {
          const look = perturbedGradient(at, posterior, { key, direction: adversarial() });
          return { loss: look.loss, grad: look.grad.mean, memory: unit(orthogonal(look.grad.mean, grad)) };
        },
        reused,
      );
    },
  });
}
