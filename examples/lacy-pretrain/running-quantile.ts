/** What decides, score by score, whether the larger model speaks. */
export interface Controller {
  decided(score: number): boolean;
  readonly calls: number;
  readonly decisions: number;
}

/** How strongly a surplus or deficit of calls moves the budget, over how many decisions. */
const WINDOW = 20;

/**
 * A call is a score above the quantile of all scores so far at which the budget's share of them lies above, the budget corrected by what was called too often or too
 * seldom: b_t = b + (b t − k)/20, τ_t = quantile(1 − b_t). Scores at τ_t are called while k < b (t + 1). It begins with scores of other texts.
 */
export function runningQuantile(budget: number, history: Iterable<number>): Controller {
  const sorted = Float64Array.from(history).toSorted();
  let scores = Array.from(sorted);
  let [calls, decisions] = [0, 0];
  return {
    decided(score) {
      const b = Math.min(1, Math.max(0, budget + (budget * decisions - calls) / WINDOW));
      const threshold = scores[Math.min(scores.length - 1, Math.max(0, Math.ceil((1 - b) * scores.length) - 1))] ?? score;
      const isCall = budget > 0 && (b === 1 || (b > 0 && (score > threshold || (score === threshold && calls < budget * (decisions + 1)))));
      scores = inserted(scores, score);
      decisions++;
      if (isCall) calls++;
      return isCall;
    },
    get calls() {
      return calls;
    },
    get decisions() {
      return decisions;
    },
  };
}

function inserted(sorted: number[], value: number): number[] {
  if (Number.isNaN(value)) return sorted;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, value);
  return sorted;
}
