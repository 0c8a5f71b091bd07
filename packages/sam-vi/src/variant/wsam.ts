import { mul } from "@tensorflow/tfjs-core";
import { add, constantSchedule, map, scale, sub, type Objective, type Params, type Schedule } from "@lab/tensor-core";
import { atRadius, type Named, type RadiusOptions } from "../at-radius.ts";
import { adversarial } from "../direction/adversarial.ts";
import { perturbedGradient } from "../perturbed-gradient.ts";
import { withMemory, type MemoryOptions, type WithMemory } from "../with-memory.ts";

/** γ: weighs the sharpness α = γ/(1 − γ) times as much as the loss; ½ is SAM. */
type Gamma = { readonly gamma?: number };

function sharpnessWeight(gamma: number): number {
  if (!(gamma >= 0 && gamma < 1)) throw new RangeError(`Cannot weigh sharpness: expected gamma in [0, 1), got ${gamma}`);
  return gamma / (1 - gamma);
}

/**
 * θ ← θ + transform(g₀ + α (g₁ − g₀)), α = γ/(1 − γ): sharpness as a regulariser with a weight of its own, coupled to the base optimizer [Yue2023]. Two gradients a step.
 *
 * @throws RangeError unless rho is finite and not negative, and 0 ≤ gamma < 1
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { wsam } from "@lab/sam-vi";
 * wsam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { gamma: 0.9, transform: sgd(0.1) }).gradientsPerStep; // => 2
 * ```
 */
export function wsam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.05, gamma = 0.9, samples = 1, ...options }: RadiusOptions & Gamma,
): Named<P, Batch> {
  const alpha = sharpnessWeight(gamma);
  return atRadius(loss, {
    ...options,
    direction: adversarial(),
    drive: (perturbed, clean) => ({ mean: add(scale(alpha, perturbed), scale(1 - alpha, clean())), logScale: perturbed }),
    rho,
    samples,
    gradientsPerStep: 1 + samples,
  });
}

/**
 * θ ← θ + transform(g₀) − η α (g₁ − g₀), α = γ/(1 − γ): WSAM whose sharpness does not go through the base optimizer's memory [Yue2023]. Two gradients a step.
 *
 * η is that of the transform, which does not tell it.
 *
 * @throws RangeError unless rho is finite and not negative, and 0 ≤ gamma < 1
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { adam } from "@lab/tensor-core";
 * import { decoupledWsam } from "@lab/sam-vi";
 * const algorithm = decoupledWsam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { learningRate: 0.001, transform: adam(0.001) });
 * algorithm.gradientsPerStep; // => 2
 * ```
 */
export function decoupledWsam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.05, gamma = 0.9, learningRate, ...options }: MemoryOptions & Gamma & { readonly learningRate: number | Schedule },
): WithMemory<P, null, Batch> {
  const alpha = sharpnessWeight(gamma);
  const rate = typeof learningRate === "number" ? constantSchedule(learningRate) : learningRate;
  return withMemory(loss, {
    ...options,
    rho,
    gradientsPerStep: 2,
    memory: () => null,
    glance({ at, key, posterior, count }) {
      const clean = at(posterior.mean);
      const { loss: perturbedLoss, grad } = perturbedGradient(at, posterior, { key, direction: adversarial() });
      const sharpness = mul(rate(count), -alpha);
      return { loss: perturbedLoss, grad: clean.grad, memory: null, extra: map((x) => mul(x, sharpness), sub(grad.mean, clean.grad)) };
    },
  });
}
