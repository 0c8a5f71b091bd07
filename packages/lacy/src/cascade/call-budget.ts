/** Whether to call, decided score by score, so that calls keep to a rate. Plain numbers: the state may be kept across texts, written down and gone on with. */
export interface CallBudget<State extends BudgetState = BudgetState> {
  init(): State;
  /** The next state, whether to call, and the score above which a call was due. A NaN never calls, and is not remembered. */
  step(state: State, score: number): readonly [next: State, call: boolean, threshold: number];
  /** The state where a call that was counted as one piece of text counts as so many: 0 where it was not answered, so that the piece is one's own. */
  answered(state: State, pieces: number): State;
}

/** Decisions so far, and how many of them were calls; where answers are counted by their pieces, pieces so far and those that were answers. */
export type BudgetState = { readonly decisions: number; readonly calls: number };

/** Scores from the oldest to the newest, and sorted. */
export type QuantileState = BudgetState & { readonly recent: readonly number[]; readonly sorted: readonly number[] };
export type TrackingState = BudgetState & { readonly threshold: number };

export type RunningQuantileOptions = {
  /** Calls among decisions, in [0, 1]. */
  readonly rate: number;
  /** Scores to begin with, of a validation text: some 200 at least. Without them the first decision is a guess. */
  readonly history?: readonly number[];
  /** How strongly a surplus of calls is paid back, and over how many decisions. */
  readonly gain?: number;
  readonly horizon?: number;
  /** How many scores are remembered: fewer follow a drift sooner. */
  readonly memory?: number;
};

function checkedRate(rate: number): void {
  if (!(rate >= 0 && rate <= 1)) throw new RangeError(`Cannot keep to a budget: rate must be in [0, 1], got ${rate}`);
}

/** The counts where a call that stands there as one piece has so many. */
function recounted({ decisions, calls }: BudgetState, pieces: number): BudgetState {
  return { decisions: decisions - 1 + Math.max(1, pieces), calls: calls - 1 + pieces };
}

/** Where a value belongs in sorted ones: before the first that is not smaller. */
function place(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Calls where the score is above a running quantile of the scores: b_t = clamp(b + g (b t − k)/w, 0, 1), τ_t the 1 − b_t quantile of the remembered scores
 * [Ujvary2026]; the paper names the quantile, the correction is ours. A score equal to τ_t calls if k < b (t + 1), so that constant scores call at rate b too.
 *
 * Held for long streams: not for a single short text, whose scores are alike. The rate is that of decisions, or of pieces where `callControl` counts those.
 *
 * @throws RangeError unless rate is in [0, 1], gain ≥ 0, horizon > 0, memory a whole number of at least 1, and no score of the history NaN
 * @example
 * ```ts
 * import { runningQuantile } from "@lab/lacy";
 * const budget = runningQuantile({ rate: 0.25 });
 * let state = budget.init();
 * for (let t = 0; t < 1000; t++) [state] = budget.step(state, Math.sin(t * t));
 * Math.abs(state.calls / 1000 - 0.25) < 0.005; // => true
 * ```
 */
export function runningQuantile({ rate, history = [], gain = 1, horizon = 20, memory = 4096 }: RunningQuantileOptions): CallBudget<QuantileState> {
  checkedRate(rate);
  if (!(gain >= 0 && horizon > 0)) throw new RangeError(`Cannot keep to a budget: expected gain ≥ 0 and horizon > 0, got ${gain} and ${horizon}`);
  if (!(Number.isInteger(memory) && memory >= 1)) throw new RangeError(`Cannot keep to a budget: memory must be a whole number of at least 1, got ${memory}`);
  if (history.some(Number.isNaN)) throw new RangeError("Cannot keep to a budget: expected a history of numbers, got NaN");
  const begun = history.slice(-memory);
  const start: QuantileState = { decisions: 0, calls: 0, recent: begun, sorted: begun.toSorted((a, b) => a - b) };
  return {
    init: () => start,
    step({ decisions: t, calls: k, recent, sorted }, score) {
      const n = sorted.length;
      const aim = Math.min(1, Math.max(0, rate + (gain * (rate * t - k)) / horizon));
      const threshold = n === 0 ? score : sorted[Math.min(n - 1, Math.floor((1 - aim) * n))]!;
      if (Number.isNaN(score)) return [{ decisions: t + 1, calls: k, recent, sorted }, false, threshold];
      const call = aim === 1 || (aim > 0 && (score > threshold || (score === threshold && k < rate * (t + 1))));
      const later = [...recent, score];
      const kept = [...sorted];
      kept.splice(place(kept, score), 0, score);
      if (later.length > memory) kept.splice(place(kept, later.shift()!), 1);
      return [{ decisions: t + 1, calls: k + Number(call), recent: later, sorted: kept }, call, aim === 1 ? -Infinity : threshold];
    },
    answered: (state, pieces) => ({ ...state, ...recounted(state, pieces) }),
  };
}

/**
 * Calls where the score is above a threshold that follows the calls: τ ← τ + η (1[call] − b) [Gibbs2021]. For scores in [A, B] and a start in it,
 * |k/t − b| ≤ (B − A + η)/(η t), whatever the sequence: summing the updates telescopes.
 *
 * @throws RangeError unless rate is in [0, 1], the learning rate positive and the start finite
 * @example
 * ```ts
 * import { tracking } from "@lab/lacy";
 * const budget = tracking({ rate: 0.5, start: 0, learningRate: 1 });
 * const [state, call] = budget.step(budget.init(), 0.2);
 * [call, state.threshold]; // => [ true, 0.5 ]
 * ```
 */
export function tracking({
  rate,
  start,
  learningRate,
}: {
  readonly rate: number;
  readonly start: number;
  readonly learningRate: number;
}): CallBudget<TrackingState> {
  checkedRate(rate);
  if (!(learningRate > 0 && learningRate < Infinity && Number.isFinite(start)))
    throw new RangeError(`Cannot keep to a budget: expected a positive learning rate and a finite start, got ${learningRate} and ${start}`);
  return {
    init: () => ({ decisions: 0, calls: 0, threshold: start }),
    step({ decisions, calls, threshold }, score) {
      const call = score > threshold;
      return [{ decisions: decisions + 1, calls: calls + Number(call), threshold: threshold + learningRate * (Number(call) - rate) }, call, threshold];
    },
    answered(state, pieces) {
      const counts = recounted(state, pieces);
      // As if each piece had been decided by itself, so that the updates still telescope.
      const surplus = counts.calls - state.calls - rate * (counts.decisions - state.decisions);
      return { ...counts, threshold: state.threshold + learningRate * surplus };
    },
  };
}

/**
 * Calls where the score is above a number that stays: with `margin` and 0, greedy decoding over all symbols. The rate is what it comes to.
 *
 * @throws RangeError for NaN
 * @example
 * ```ts
 * import { fixedThreshold } from "@lab/lacy";
 * const budget = fixedThreshold(0);
 * budget.step(budget.init(), 0.2)[1]; // => true
 * ```
 */
export function fixedThreshold(threshold: number): CallBudget {
  if (Number.isNaN(threshold)) throw new RangeError("Cannot keep to a budget: expected a number as the threshold, got NaN");
  return {
    init: () => ({ decisions: 0, calls: 0 }),
    step({ decisions, calls }, score) {
      const call = score > threshold;
      return [{ decisions: decisions + 1, calls: calls + Number(call) }, call, threshold];
    },
    answered: recounted,
  };
}
