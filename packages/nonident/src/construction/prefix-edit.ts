import { logProbs, type Autoregressive, type LogProbs, type Sequence } from "@lab/tensor-core";
import { tokenKl } from "../equivalence/compared.ts";
import { prefixLogProb } from "./prefix-log-prob.ts";
import type { Twin } from "./twin.ts";

/** New conditionals from old ones: log-probabilities. */
export type Edit = (logProbs: LogProbs, prefix: Sequence) => LogProbs;
/** A model edited at some prefixes, and what each costs. */
export type PrefixEdit = Twin & {
  /** p(s…) KL(p(· | s) ‖ w(· | s)) of each prefix, nats per sequence, in the order given. */
  readonly costs: readonly number[];
};

/**
 * The two likeliest tokens exchanged; of equals the lower token is the likelier. Costs (p₁ − p₂) ln(p₁/p₂) per visit: infinite where p₂ = 0.
 *
 * @example
 * ```ts
 * import { logProbs } from "@lab/tensor-core";
 * import { swapped } from "@lab/nonident";
 * [...swapped(logProbs([0.7, 0.2, 0.1].map(Math.log)))].map((l) => Math.exp(l).toFixed(1)); // => [ '0.2', '0.7', '0.1' ]
 * ```
 */
export function swapped(old: LogProbs): LogProbs {
  const [first, second] = Array.from(old, (_, v) => v).sort((x, y) => old[y]! - old[x]! || x - y);
  const next = old.slice();
  if (first !== undefined && second !== undefined) [next[first], next[second]] = [old[second]!, old[first]!];
  return next as LogProbs;
}

/**
 * The distribution at a temperature, p(v)^(1/τ) over its sum.
 *
 * @throws RangeError unless the temperature is above 0
 * @example
 * ```ts
 * import { logProbs } from "@lab/tensor-core";
 * import { tempered } from "@lab/nonident";
 * [...tempered(0.5)(logProbs([0, Math.log(2)]), [])].map((l) => Math.exp(l).toFixed(2)); // => [ '0.20', '0.80' ]
 * ```
 */
export function tempered(temperature: number): Edit {
  if (!(temperature > 0)) throw new RangeError(`Cannot temper a distribution: expected a temperature above 0, got ${temperature}`);
  return (old) => logProbs(old.map((l) => l / temperature));
}

/**
 * q(· | s) = w(· | s) at the prefixes s ∈ S, p elsewhere: KL(p ‖ q) = Σ_{s ∈ S} p(s…) KL(p(· | s) ‖ w(· | s)), every edited prefix counted, those below
 * other edited ones too [Cover2006, Theorem 2.5.3].
 *
 * A prefix that p never reaches costs nothing: there the edit is a rerouting.
 *
 * @throws RangeError for a prefix given twice, or with a token that is not in the vocabulary
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { prefixEdit, swapped } from "@lab/nonident";
 * const p = tabular([[[0], 0.7], [[1], 0.2], [[], 0.1]], { vocabulary: 3, end: 2 });
 * (await prefixEdit(p, [[]], swapped)).kl.toFixed(10); // => '0.6263814842'
 * ```
 */
export async function prefixEdit(p: Autoregressive, prefixes: readonly Sequence[], edit: Edit): Promise<PrefixEdit> {
  const edited = new Map<string, LogProbs>();
  const costs: number[] = [];
  for (const prefix of prefixes) {
    const name = prefix.join();
    if (edited.has(name)) throw new RangeError(`Cannot edit prefixes: expected each of them once, got [${name}] twice`);
    const [reached, old] = await Promise.all([prefixLogProb(p, prefix), p.logProbs(prefix)]);
    const next = edit(old, prefix);
    edited.set(name, next);
    costs.push(reached === -Infinity ? 0 : Math.exp(reached) * tokenKl(old, next));
  }
  const model: Autoregressive = { vocabulary: p.vocabulary, logProbs: (prefix) => edited.get(prefix.join()) ?? p.logProbs(prefix) };
  return { model, kl: costs.reduce((x, y) => x + y, 0), exact: true, costs };
}
