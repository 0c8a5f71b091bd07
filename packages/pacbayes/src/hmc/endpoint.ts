import { mul, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { iterate, type Params, type TermsAndGrad } from "@lab/tensor-core";
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
 * λ [chain]; one gradient for each drift of the integrator. The body is traced once, whatever the number of steps.
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
  { evaluate, integrator: { kicks, drifts }, flow, metric }: Dynamics<P>,
  start: PhasePoint<P>,
  { lambda, stepSize, steps }: { readonly lambda: Tensor; readonly stepSize: Scalar; readonly steps: number | Scalar },
): PhasePoint<P> {
  const times = (fractions: readonly number[]): readonly Scalar[] => fractions.map((fraction) => mul(stepSize, fraction));
  const [kickTimes, driftTimes] = [times(kicks), times(drifts)];
  return iterate(
    steps,
    (at) => {
      let { position, terms, grad } = at;
      let momentum = flow.kick(at.momentum, position, grad, lambda, kickTimes[0]!);
      driftTimes.forEach((time, i) => {
        [position, momentum] = flow.drift(metric, position, momentum, time);
        ({ terms, grad } = evaluate(position));
        momentum = flow.kick(momentum, position, grad, lambda, kickTimes[i + 1]!);
      });
      return { position, momentum, terms, grad };
    },
    { position: start.position, momentum: start.momentum, terms: start.terms, grad: start.grad },
  );
}
