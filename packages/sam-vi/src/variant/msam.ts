import { add as plus, mul } from "@tensorflow/tfjs-core";
import { add, map, scale, zerosLike, type Objective, type Params } from "@lab/tensor-core";
import { onSphere } from "../direction/sphere.ts";
import { perturbedGradient } from "../perturbed-gradient.ts";
import { withMemory, type MemoryOptions, type WithMemory } from "../with-memory.ts";

/**
 * v ← β v + ∇L(θ̃) + w θ̃ at θ̃ = θ − ρ v/‖v‖, θ ← θ + transform(v): SAM that ascends along its own momentum [Becker2024]. One gradient a step.
 *
 * The minus ascends, because θ moves along −v. The momentum belongs to the algorithm: let `transform` be `sgd` or the like. The state holds θ, not θ̃, so that
 * nothing has to be moved back before it is evaluated or saved; the decay w acts on θ̃. The first step is not perturbed.
 *
 * @throws RangeError unless rho and weightDecay are finite and not negative, and 0 ≤ decay < 1
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { msam } from "@lab/sam-vi";
 * msam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { transform: sgd(0.1) }).gradientsPerStep; // => 1
 * ```
 */
export function msam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.3, decay = 0.9, weightDecay = 0, ...options }: MemoryOptions & { readonly decay?: number; readonly weightDecay?: number },
): WithMemory<P, P, Batch> {
  if (!(decay >= 0 && decay < 1)) throw new RangeError(`Cannot accumulate velocity: expected a decay in [0, 1), got ${decay}`);
  if (!(weightDecay >= 0 && weightDecay < Infinity)) throw new RangeError(`Cannot decay weights: expected a weight decay in [0, ∞), got ${weightDecay}`);
  return withMemory(loss, {
    ...options,
    rho,
    gradientsPerStep: 1,
    memory: (mean) => zerosLike(mean),
    glance({ at, key, posterior, memory: velocity }) {
      const ascent = scale(-1, onSphere(velocity));
      const look = perturbedGradient(at, posterior, { key, direction: (_key, { mean }) => map((_, u) => u, mean, ascent) });
      const decayed = map((g, m, e) => plus(g, mul(plus(m, e), weightDecay)), look.grad.mean, posterior.mean, look.offset);
      const next = add(scale(decay, velocity), weightDecay === 0 ? look.grad.mean : decayed);
      return { loss: look.loss, grad: next, memory: next };
    },
  });
}
