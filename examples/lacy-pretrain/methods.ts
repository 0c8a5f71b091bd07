import { cast, type Tensor2D } from "@tensorflow/tfjs-core";
import { uniform, type Key } from "@lab/tensor-core";
import {
  factsOnly,
  highest,
  lacy,
  none,
  ownLoss,
  random,
  rho,
  type FactMask,
  type Mask,
  type Noise,
  type ReferenceLoss,
  type TokenLoss,
  type TokenSelector,
} from "@lab/lacy";
import type { ReferredRows } from "./rows.ts";

/** All that a rule may ask for besides the loss. What a rule does not ask for is left out when its step is compiled. */
export type Evidence = FactMask & Noise & ReferenceLoss & { readonly pattern: Mask };

export function evidence({ factual, pattern, reference }: ReferredRows, key: Key): Evidence {
  return {
    factual: cast(factual, "bool") as Mask,
    pattern: cast(pattern, "bool") as Mask,
    referenceLoss: reference,
    noise: uniform(key, reference.shape) as Tensor2D,
  };
}

/** Which score decides that the larger model speaks: the margin of `<CALL>`, the model's doubt −ln max q, or a draw. */
export type Score = "margin" | "doubt" | "draw";

/** A rule for training, and how it calls. */
export type Method = {
  readonly name: string;
  readonly calls: (fraction: number) => TokenSelector<TokenLoss & Evidence>;
  /** The first names the method itself; others are controls, of the same weights. */
  readonly scores: readonly Score[];
};

const METHODS: readonly Method[] = [
  { name: "no call", calls: () => none, scores: ["draw", "doubt"] },
  { name: "random", calls: (fraction) => random({ fraction }), scores: ["margin"] },
  { name: "rho", calls: (fraction) => rho({ fraction }), scores: ["margin"] },
  { name: "pattern", calls: (fraction) => highest(ownLoss, { among: (known: Evidence) => known.pattern, fraction }), scores: ["margin"] },
  { name: "facts only", calls: (fraction) => factsOnly({ fraction }), scores: ["margin"] },
  { name: "lacy", calls: (fraction) => lacy({ fraction }), scores: ["margin"] },
];

/**
 * The methods whose name has a text in it, all unless told; the one without calls is always among them, first.
 *
 * @throws RangeError where no name has it
 */
export function methodsNamed(text = ""): readonly Method[] {
  const found = METHODS.filter(({ name }) => name.includes(text));
  if (found.length === 0)
    throw new RangeError(`Cannot choose rules: expected --only to be part of ${METHODS.map(({ name }) => `"${name}"`).join(", ")}, got "${text}"`);
  const [baseline, ...others] = METHODS as [Method, ...Method[]];
  return [baseline, ...others.filter((each) => found.includes(each))];
}

/** A method's name where it calls by a score. */
export function named({ name }: Pick<Method, "name">, score: Score): string {
  return score === "margin" ? name : `${name}, calls ${score === "draw" ? "at random" : "in doubt"}`;
}
