import { checkedLadder } from "../gibbs/ladder.ts";
import { finiteDraws, type Draws } from "../diagnostics/draws.ts";

/** What was drawn at one inverse temperature: U = n r̂, nats, [chain][draw]. */
export type EnergyDraws = { readonly lambda: number; readonly energies: Draws };

/** The energies as float64, undefined where they are not finite. @throws RangeError unless λ starts at 0 and increases, each rung with 4 draws or more */
export function checkedRungs(caller: string, rungs: readonly EnergyDraws[]): readonly (readonly Float64Array[] | undefined)[] {
  checkedLadder(rungs.map(({ lambda }) => lambda));
  return rungs.map(({ energies }) => finiteDraws(caller, energies));
}

/** An estimate of F(λ) = −ln E_π[e^{−λU}] and of the KL with it, nats, with standard errors; NaN where draws were not finite. */
export type FreeEnergyEstimate = {
  readonly lambda: number;
  readonly freeEnergy: number;
  readonly freeEnergyError: number;
  /** KL(ρ_λ‖π) = F(λ) − λ E_λ[U]. */
  readonly kl: number;
  readonly klError: number;
};
