import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Sequence } from "@lab/tensor-core";
import { aNbN, completionTarget, prompts, strings, type FiniteGrammar, type Prompts, type Regime } from "@lab/nonident";

export const START = 2;
export const END = 3;
export const PADDING = 4;
export const VOCABULARY = 5;
/** Targets of a string: 128 a's, 128 b's and the end. */
export const TARGETS = 257;
const LANGUAGE: FiniteGrammar = aNbN({ largest: 128 });
/** H(p) = ln 128 nats per string, over 257 positions. */
export const FLOOR: number = Math.log(128) / TARGETS;
export const PROMPTS: Prompts = prompts(LANGUAGE, { length: 8 });
/** The 510 strings whose probabilities are followed. */
export const SHORT: readonly Sequence[] = Array.from({ length: 8 }, (_, i) => strings([0, 1], { length: i + 1 })).flat();

/** A start, a sequence, an end, and padding up to a width: int32 [sequence, width]. */
function padded(sequences: readonly Sequence[], width: number): Tensor2D {
  return tensor2d(
    sequences.map((sequence) => Array.from({ length: width }, (_, t) => sequence[t] ?? PADDING)),
    [sequences.length, width],
    "int32",
  );
}

const closed = (sequence: Sequence): Sequence => [START, ...sequence, END];

/** The 128 strings, [128, 258]. */
export const languageRows = (): Tensor2D => padded(LANGUAGE.sequences.map(closed), TARGETS + 1);

/** The strings of up to eight symbols, [510, 10]. */
export const shortRows = (): Tensor2D => padded(SHORT.map(closed), 10);

/** Prompts with what a regime has follow them, and where that is trained: [251, width] and [251, width − 1]. */
export function regimeRows(regime: Regime): { readonly rows: Tensor2D; readonly trained: Tensor2D } {
  const targets = PROMPTS.outOfDistribution.map((prompt) => completionTarget(prompt, { regime, end: END }));
  const width = 1 + Math.max(...targets.map(({ tokens }) => tokens.length));
  return {
    rows: padded(
      targets.map(({ tokens }) => [START, ...tokens]),
      width,
    ),
    trained: tensor2d(
      targets.map(({ trained }) => Array.from({ length: width - 1 }, (_, t) => trained[t] ?? 0)),
      [targets.length, width - 1],
    ),
  };
}
