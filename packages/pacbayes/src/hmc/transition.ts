import { add, mul, sub as minus, sum, type Tensor } from "@tensorflow/tfjs-core";
import { add as plus, axes, sub, type Key, type Params, type TermsAndGrad } from "@lab/tensor-core";
import { chainCount, chainDot, whereChains } from "./chain-sums.ts";
import { endpoint, type Dynamics, type PhasePoint } from "./endpoint.ts";
import type { HmcStart, HmcState } from "./hmc.ts";
import { kineticChange } from "./metric.ts";
import { metropolis, type Verdict } from "./metropolis.ts";

/** Where a trajectory led, and what became of it. */
export type Transition<P extends Params> = {
  readonly next: HmcState<P>;
  /** The proposal, accepted or not, with its momentum. */
  readonly end: PhasePoint<P>;
  readonly info: Verdict & { readonly likelihood: Tensor; readonly prior: Tensor; readonly hamiltonian: Tensor };
};

/** The state of a sampler at its start. @throws ShapeError if leaves differ in their first axis, or λ, step sizes or terms have another number of chains */
export function begun<P extends Params>(
  caller: string,
  { position, lambda, stepSize }: HmcStart<P>,
  { evaluate }: { readonly evaluate: (position: P) => TermsAndGrad<P> },
): HmcState<P> {
  const chain = chainCount(caller, position);
  axes(caller, [lambda, `${chain}`], [stepSize, stepSize.rank === 0 ? "" : `${chain}`]);
  const { terms, grad } = evaluate(position);
  axes(caller, [terms, `${chain} term`]);
  return { position, lambda, stepSize, terms, grad };
}

/** ΔH of each chain, [chain], from differences taken before they are summed. */
export function energyChange<P extends Params>({ metric }: Dynamics<P>, start: PhasePoint<P>, { end, lambda }: { end: PhasePoint<P>; lambda: Tensor }): Tensor {
  const likelihood = mul(lambda, sum(minus(end.terms, start.terms), 1));
  const prior = mul(chainDot(sub(end.position, start.position), plus(end.position, start.position)), 0.5);
  return add(add(likelihood, prior), kineticChange(metric, start.momentum, end.momentum));
}

/**
 * One step of Hamiltonian Monte Carlo, from fresh momenta to accept or reject; `key` draws the momenta and the acceptance.
 */
export function transition<P extends Params>(
  dynamics: Dynamics<P>,
  state: HmcState<P>,
  { keys: [momentumKey, acceptKey], steps, divergence }: { readonly keys: readonly [Key, Key]; readonly steps: number | Tensor; readonly divergence: number },
): Transition<P> {
  const { lambda, stepSize } = state;
  const { metric } = dynamics;
  const momentum = metric.momentum(momentumKey, state.position);
  const start: PhasePoint<P> = { position: state.position, momentum, terms: state.terms, grad: state.grad };
  const end = endpoint(dynamics, start, { lambda, stepSize, steps });
  const verdict = metropolis(acceptKey, energyChange(dynamics, start, { end, lambda }), { divergence });
  const { momentum: led, ...at } = whereChains<PhasePoint<P>>(verdict.accepted, end, start);
  const likelihood = sum(at.terms, 1);
  const prior = mul(chainDot(at.position, at.position), 0.5);
  const kinetic = mul(chainDot(metric.velocity(led), led), 0.5);
  const hamiltonian = add(add(mul(lambda, likelihood), prior), kinetic);
  return { next: { position: at.position, lambda, stepSize, terms: at.terms, grad: at.grad }, end, info: { ...verdict, likelihood, prior, hamiltonian } };
}
