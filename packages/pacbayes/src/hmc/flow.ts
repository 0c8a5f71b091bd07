import { add, cos, div, mul, neg, sin, sub, type Tensor } from "@tensorflow/tfjs-core";
import { map, tensors, withTensors, type Params } from "@lab/tensor-core";
import { alongChains } from "./chain-sums.ts";
import type { Metric } from "./metric.ts";

/**
 * How the Hamiltonian λU(u) + ½‖u‖² + ½pᵀDp is split into parts that can be solved: what a drift does, and what is left for the kicks.
 */
export interface Flow {
  readonly name: string;
  /** The exact flow of one part over a time: a scalar, or one for each chain. */
  drift<P extends Params>(metric: Metric<P>, position: P, momentum: P, time: Tensor): readonly [P, P];
  /** p − time · ∇(the other part), from ∇U and λ [chain]. */
  kick<P extends Params>(momentum: P, position: P, grad: P, lambda: Tensor, time: Tensor): P;
}

/**
 * The usual split: drifts along straight lines, u ← u + t D p; kicks by the whole force −λ∇U − u [Neal2011, §2.3].
 *
 * @example
 * ```ts
 * import { straight } from "@lab/pacbayes";
 * straight.name; // => "straight"
 * ```
 */
export const straight: Flow = {
  name: "straight",
  drift: (metric, position, momentum, time) => [map((u, v) => add(u, mul(v, alongChains(time, v))), position, metric.velocity(momentum)), momentum],
  kick: (momentum, position, grad, lambda, time) =>
    map((p, u, g) => sub(p, mul(add(mul(g, alongChains(lambda, g)), u), alongChains(time, u))), momentum, position, grad),
};

/**
 * The split that knows the prior: drifts solve the Gaussian part ½‖u‖² + ½pᵀDp, a rotation; kicks by −λ∇U alone [Shahbaba2014, §3.1].
 *
 * (u, √D p) ← (u cos ωt + √D p sin ωt, √D p cos ωt − u sin ωt), ω = √D. The step is limited by the likelihood, not by the dimension of the prior; at
 * λ = 0 the flow is exact, and a time of π/2 gives an independent draw.
 *
 * @example
 * ```ts
 * import { rotation } from "@lab/pacbayes";
 * rotation.name; // => "rotation"
 * ```
 */
export const rotation: Flow = {
  name: "rotation",
  drift(metric, position, momentum, time) {
    const ps = tensors(momentum);
    const turned = tensors(position).map((u, leaf) => {
      const p = ps[leaf]!;
      const omega = metric.frequency(leaf);
      const angle = mul(alongChains(time, u), omega);
      const [c, s] = [cos(angle), sin(angle)];
      return [add(mul(u, c), mul(mul(p, omega), s)), sub(mul(p, c), mul(div(u, omega), s))] as const;
    });
    return [
      withTensors(
        position,
        turned.map(([u]) => u),
      ),
      withTensors(
        momentum,
        turned.map(([, p]) => p),
      ),
    ];
  },
  kick: (momentum, _, grad, lambda, time) => map((p, g) => add(p, mul(g, alongChains(neg(mul(lambda, time)), g))), momentum, grad),
};
