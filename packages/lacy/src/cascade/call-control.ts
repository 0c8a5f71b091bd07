import type { BudgetState, CallBudget } from "./call-budget.ts";

/** A budget with what it remembers, shared by texts. */
export interface CallControl {
  decide(score: number): { readonly call: boolean; readonly threshold: number };
  /** How many pieces, of the small model, the answer to a call has: 0 where there was none. Told once for each call, in any order. */
  answered(pieces: number): void;
  readonly decisions: number;
  readonly calls: number;
}

export type CallControlOptions = {
  /** What the budget is a share of: calls among decisions, or, of the small model's pieces of text, those that the bigger one wrote. */
  readonly unit?: "decisions" | "pieces";
};

/**
 * A budget that remembers: what several texts share, so that the rate is held over all of them.
 *
 * With the unit `"pieces"` an answer of three pieces weighs as much as three calls that are answered by one each, and a call without an answer as none.
 *
 * @throws RangeError for a unit that is none
 * @example
 * ```ts
 * import { callControl, fixedThreshold } from "@lab/lacy";
 * const control = callControl(fixedThreshold(0));
 * [control.decide(1).call, control.decide(-1).call, control.calls]; // => [ true, false, 1 ]
 * ```
 */
export function callControl<State extends BudgetState>(budget: CallBudget<State>, { unit = "decisions" }: CallControlOptions = {}): CallControl {
  if (unit !== "decisions" && unit !== "pieces") throw new RangeError(`Cannot keep to a budget: unit must be "decisions" or "pieces", got "${String(unit)}"`);
  let state = budget.init();
  let [decisions, calls] = [0, 0];
  return {
    decide(score) {
      const [next, call, threshold] = budget.step(state, score);
      state = next;
      decisions++;
      calls += Number(call);
      return { call, threshold };
    },
    answered(pieces) {
      if (unit === "pieces") state = budget.answered(state, pieces);
    },
    get decisions() {
      return decisions;
    },
    get calls() {
      return calls;
    },
  };
}
