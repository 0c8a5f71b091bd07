import { foldIn, type Autoregressive, type Awaitable, type Key } from "@lab/tensor-core";
import type { Pair } from "../equivalence/compared.ts";
import { equivalent, type Equivalence, type EquivalentOptions } from "../equivalence/equivalent.ts";
import type { Measurement } from "./share.ts";

/** A measure of behaviour: of a model that only answers prompts, of one with its weights, or of a pair. */
export interface Probe<Subject, Result> {
  readonly name: string;
  measure(subject: Subject, key: Key): Awaitable<Result>;
}

/** What a probe found, by name. */
export type Behaviour = { readonly [name: string]: Measurement };

/** What the likelihood says of a pair, and what a probe says of each. */
export type Contrast<Result> = {
  readonly probe: string;
  /** Both directions of the divergence with their limits, and whether KL(p ‖ q) is within epsilon. */
  readonly likelihood: Equivalence;
  readonly behaviours: readonly [p: Result, q: Result];
};

export type ContrastOptions = Omit<EquivalentOptions, "epsilon"> & {
  readonly key: Key;
  /** The divergence KL(p ‖ q) that counts as none, nats per sequence. */
  readonly epsilon?: number;
};

/**
 * KL(p ‖ q), KL(q ‖ p) and B(p), B(q) side by side: models that the likelihood cannot tell apart may differ in a behaviour B [Reizinger2024].
 *
 * Divergences are enumerated unless `method` asks for draws. The probe measures both models with one key: on the same prompts, with the same draws.
 *
 * @throws RangeError where the models cannot be compared, or an option of `equivalent` is out of range
 * @example
 * ```ts
 * import { key, tabular } from "@lab/tensor-core";
 * import { aNbN, before, contrast, equallyMany, prompts, ruleExtrapolation } from "@lab/nonident";
 * const strings = aNbN({ largest: 2 }).sequences.map((sequence) => [sequence, 1 / 2] as const);
 * const after = (token: number) => tabular(strings, { vocabulary: 3, end: 2, elsewhere: () => [0, 1, 2].map((v) => Number(v === token)) });
 * const probe = ruleExtrapolation({ prompts: prompts(aNbN(), { length: 2 }), r1: equallyMany([0, 1]), r2: before(0, 1), end: 2, longest: 4 });
 * const found = await contrast(probe, [after(2), after(1)], { key: key(0), end: 2, longest: 5 });
 * [found.likelihood.kl.value, ...found.behaviours.map(({ "OOD R1": r1 }) => r1!.value)]; // => [ 0, 0.5, 0 ]
 * ```
 */
export async function contrast<Result>(
  probe: Probe<Autoregressive, Result>,
  [p, q]: Pair,
  { key, epsilon = 0.01, method = "exact", ...options }: ContrastOptions,
): Promise<Contrast<Result>> {
  const likelihood = await equivalent(foldIn(key, 0), [p, q], { ...options, epsilon, method });
  const same = foldIn(key, 1);
  // One after the other: a network may keep what it computed of the last prefix.
  const ofP = await probe.measure(p, same);
  return { probe: probe.name, likelihood, behaviours: [ofP, await probe.measure(q, same)] };
}

/** One line of a contrast; numbers as text with their limits. */
export type ContrastRow = { readonly measure: string; readonly p: string; readonly q: string; readonly apart: string };

const limits = ({ value, lower, upper }: { readonly value: number; readonly lower: number; readonly upper: number }): string =>
  lower === upper ? value.toPrecision(4) : `${value.toPrecision(4)} [${lower.toPrecision(3)}, ${upper.toPrecision(3)}]`;

/**
 * A contrast as the rows of a table: each divergence in the column of the model that expectations are under, then each behaviour of both models, with its
 * limits and of how many it is a mean. They are "apart" where limits do not overlap: then they differ, else nothing is decided.
 *
 * @example
 * ```ts
 * import { contrastRows } from "@lab/nonident";
 * const direction = { value: 0.5, lower: 0.5, upper: 0.5, draws: 0, unfinished: 0 };
 * const likelihood = { decision: "different", method: "exact", kl: direction, reverseKl: direction, draws: 0, drawsNeeded: undefined } as const;
 * const of = (value: number) => ({ R1: { value, lower: value - 0.1, upper: value + 0.1, count: 9 } });
 * contrastRows({ probe: "rules", likelihood, behaviours: [of(0.2), of(0.8)] })[1]; // => { measure: 'R1', p: '0.2000 [0.100, 0.300] of 9', q: '0.8000 [0.700, 0.900] of 9', apart: 'yes' }
 * ```
 */
export function contrastRows({ likelihood, behaviours: [ofP, ofQ] }: Contrast<Behaviour>): readonly ContrastRow[] {
  const text = (found: Measurement | undefined): string => (found === undefined ? "" : `${limits(found)} of ${found.count}`);
  return [
    { measure: "KL to the other, nats", p: limits(likelihood.kl), q: limits(likelihood.reverseKl), apart: likelihood.decision },
    ...[...new Set([...Object.keys(ofP), ...Object.keys(ofQ)])].map((measure) => {
      const [a, b] = [ofP[measure], ofQ[measure]];
      const known = a !== undefined && b !== undefined;
      return { measure, p: text(a), q: text(b), apart: known && (a.upper < b.lower || b.upper < a.lower) ? "yes" : "" };
    }),
  ];
}
