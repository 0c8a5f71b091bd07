import { add, mul, sub as minus } from "@tensorflow/tfjs-core";
import { scale, sub, type Objective, type Params, type Schedule } from "@lab/tensor-core";
import { atRadius, type Named, type RadiusOptions } from "../at-radius.ts";
import { adversarial } from "../direction/adversarial.ts";
import { orthogonal } from "../orthogonal.ts";

/**
 * θ ← θ + transform(g₁ − α g₀⊥), g₀⊥ the part of g₀ that is orthogonal to g₁: surrogate-gap guided SAM [Zhuang2022, Algorithm 1]. Two gradients a step.
 *
 * Its authors let ρ follow the learning rate: `tiedSchedule`.
 *
 * @throws RangeError unless rho and alpha are finite and not negative
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { gsam } from "@lab/sam-vi";
 * gsam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { transform: sgd(0.1) }).gradientsPerStep; // => 2
 * ```
 */
export function gsam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.05, alpha = 0.4, samples = 1, ...options }: RadiusOptions & { readonly alpha?: number },
): Named<P, Batch> {
  if (!(alpha >= 0 && alpha < Infinity)) throw new RangeError(`Cannot narrow the surrogate gap: expected alpha in [0, ∞), got ${alpha}`);
  return atRadius(loss, {
    ...options,
    direction: adversarial(),
    drive: (perturbed, clean) => ({ mean: sub(perturbed, scale(alpha, orthogonal(clean(), perturbed))), logScale: perturbed }),
    rho,
    samples,
    gradientsPerStep: 1 + samples,
  });
}

/**
 * The line through (from₀, to₀) and (from₁, to₁), of another schedule: ρ tied to the learning rate [Zhuang2022].
 *
 * @throws RangeError unless the two values of `from` differ and all are finite
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { linearSchedule } from "@lab/tensor-core";
 * import { tiedSchedule } from "@lab/sam-vi";
 * const learningRate = linearSchedule({ from: 0.1, to: 0, steps: 10 });
 * tiedSchedule(learningRate, { from: [0, 0.1], to: [0.02, 0.06] })(scalar(5)).dataSync()[0].toFixed(3); // => '0.040'
 * ```
 */
export function tiedSchedule(schedule: Schedule, { from, to }: { readonly from: readonly [number, number]; readonly to: readonly [number, number] }): Schedule {
  const slope = (to[1] - to[0]) / (from[1] - from[0]);
  if (!Number.isFinite(slope)) throw new RangeError(`Cannot tie a schedule: expected two finite values that differ, got ${from.join(" and ")}`);
  return (count) => add(mul(minus(schedule(count), from[0]), slope), to[0]);
}
