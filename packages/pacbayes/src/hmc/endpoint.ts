import { less, max, mul, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { iterate, type Params, type TermsAndGrad } from "@lab/tensor-core";
import { whereChains } from "./chain-sums.ts";
import type { Flow } from "./flow.ts";
import type { Integrator } from "./integrator.ts";
import type { Metric } from "./metric.ts";

/** A point of phase space, with the terms of U [chain, term] and its gradient there. */
export type PhasePoint<P extends Params> = { readonly position: P; readonly momentum: P; readonly terms: Tensor; readonly grad: P };

/** What moves a point: the energy with its gradient, and how its Hamiltonian is integrated. */
export type Dynamics<P extends Params> = {
  readonly evaluate: (position: P) => TermsAndGrad<P>;
  readonly integrator: Integrator;
  readonly flow: Flow;
  readonly metric: Metric<P>;
};

/**
 * The point that `steps` steps of a symmetric, volume-preserving integrator lead to: reversible, so that turning the momentum around leads back [Neal2011, §2.3].
 *
 * λ [chain]; step size and number of steps are scalars, or [chain]: then the loop runs as long as its longest trajectory, and chains that have arrived stand
 * still. One gradient for each drift of the integrator. The body is traced once, whatever the number of steps.
 *
 * @example
 * ```ts
 * import { scalar, square, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
 * import { termsAndGrad } from "@lab/tensor-core";
 * import { endpoint, identity, leapfrog, rotation } from "@lab/pacbayes";
 * const evaluate = termsAndGrad(({ u }: { u: Tensor }) => square(u));
 * const start = { position: { u: tensor2d([[1]]) }, momentum: { u: tensor2d([[0]]) }, ...evaluate({ u: tensor2d([[1]]) }) };
 * const end = endpoint({ evaluate, integrator: leapfrog, flow: rotation, metric: identity<{ u: Tensor }>() }, start, { lambda: tensor1d([0]), stepSize: scalar(Math.PI / 4), steps: 4 });
 * end.position.u.dataSync()[0].toFixed(4); // => "-1.0000"
 * ```
 */
export function endpoint<P extends Params>(
  dynamics: Dynamics<P>,
  start: PhasePoint<P>,
  { lambda, stepSize, steps }: { readonly lambda: Tensor; readonly stepSize: Tensor; readonly steps: number | Tensor },
): PhasePoint<P> {
  const from = { position: start.position, momentum: start.momentum, terms: start.terms, grad: start.grad };
  const next = (at: PhasePoint<P>): PhasePoint<P> => integrated(dynamics, at, { lambda, stepSize });
  if (typeof steps === "number" || steps.rank === 0) return iterate(steps as number | Scalar, next, from);
  return iterate(max(steps), (at, i) => whereChains<PhasePoint<P>>(less(i, steps), next(at), at), from);
}

/** One step of the integrator; its size is a scalar or [chain], and negative ones lead back in time. */
export function integrated<P extends Params>(
  { evaluate, integrator: { kicks, drifts }, flow, metric }: Dynamics<P>,
  at: PhasePoint<P>,
  { lambda, stepSize }: { readonly lambda: Tensor; readonly stepSize: Tensor },
): PhasePoint<P> {
  let { position, terms, grad } = at;
  let momentum = flow.kick(at.momentum, position, grad, lambda, mul(stepSize, kicks[0]!));
  drifts.forEach((drift, i) => {
    [position, momentum] = flow.drift(metric, position, momentum, mul(stepSize, drift));
    ({ terms, grad } = evaluate(position));
    momentum = flow.kick(momentum, position, grad, lambda, mul(stepSize, kicks[i + 1]!));
  });
  return { position, momentum, terms, grad };
}
