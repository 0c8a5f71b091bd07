import type { Value } from "@lab/tensor-core/report";
import type { Interval } from "@lab/lacy";
import type { HeldOut } from "./held-out.ts";
import type { Told } from "./told.ts";
import type { Trained } from "./trained.ts";

/** A rule, or a control: how it was trained, what it has stored and what it writes at the budget of the tables. */
export type MethodRow = {
  readonly name: string;
  readonly model: Omit<Trained, "params" | typeof Symbol.dispose>;
  readonly leakage: number;
  readonly heldOut: HeldOut;
  readonly told: Told;
};
type Row = { readonly [name: string]: Value };

export function methodColumns({ name, leakage, heldOut, told }: MethodRow): Row {
  return {
    rule: name,
    "calls, %": points(told.callRate),
    "factual precision, %": spread(told.precision),
    "penalised, %": spread(told.penalised),
    "leakage, %": points(leakage),
    "calls on facts, %": points(heldOut.callsOnFacts),
    "perplexity off calls": heldOut.perplexity.toFixed(1),
  };
}

export function lossColumns({ name, model, heldOut }: MethodRow): Row {
  return {
    rule: name,
    steps: model.steps,
    "true targets": model.trueTargets,
    "delegated, %": points(model.callRate),
    "call loss": heldOut.callLoss.toFixed(3),
    "no call, there": heldOut.baselineCallLoss.toFixed(3),
    "non-call loss": heldOut.nonCallLoss.toFixed(3),
    "no call, here": heldOut.baselineNonCallLoss.toFixed(3),
    "total loss": heldOut.totalLoss.toFixed(3),
  };
}

export function budgetColumns({ name, budget, callRate, precision, penalised, recall, claims }: Told): Row {
  return {
    rule: name,
    budget: percent(budget),
    "calls, %": points(callRate),
    "factual precision, %": spread(precision),
    "penalised, %": spread(penalised),
    "recall, %": points(recall),
    "claims a text": claims.toFixed(1),
  };
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function points(share: number): string {
  return Number.isNaN(share) ? "—" : (100 * share).toFixed(1);
}

function spread({ value, low, high }: Interval): string {
  return Number.isNaN(value) ? "—" : `${points(value)} (${points(low)}–${points(high)})`;
}
