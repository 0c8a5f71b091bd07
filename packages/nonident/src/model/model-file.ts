import { tabular, type Tabular } from "@lab/tensor-core";
import { z } from "zod";
import type { ClosedModel } from "./closed-model.ts";

/** A tabular model as it is written in a file: sequences without their end symbol, with probabilities that sum to one. */
export type ModelFile = {
  readonly vocabulary: number;
  readonly end: number;
  readonly sequences: readonly (readonly [sequence: readonly number[], probability: number])[];
  /** Probabilities after prefixes of probability zero: uniform where absent. */
  readonly elsewhere?: readonly number[] | undefined;
};

const schema: z.ZodType<ModelFile> = z.strictObject({
  vocabulary: z.int().min(1),
  end: z.int().min(0),
  sequences: z.array(z.tuple([z.array(z.int().min(0)), z.number().min(0)])).min(1),
  elsewhere: z.array(z.number().min(0)).optional(),
});

/**
 * The exact model of a file `{ "vocabulary": 3, "end": 2, "sequences": [[[0], 0.25], [[0, 1], 0.75]] }`: conditionals of a finite distribution, and
 * `elsewhere`, uniform unless given, after prefixes of probability zero.
 *
 * @throws RangeError that says where the file is not such a model
 * @example
 * ```ts
 * import { modelOfFile } from "@lab/nonident";
 * const { model, end } = modelOfFile({ vocabulary: 3, end: 2, sequences: [[[0], 1]] });
 * [end, Math.exp((await model.logProbs([]))[0]!)]; // => [ 2, 1 ]
 * ```
 */
export function modelOfFile(content: unknown): ClosedModel & { readonly model: Tabular } {
  const read = schema.safeParse(content);
  if (!read.success) throw new RangeError(`Cannot read a model: ${z.prettifyError(read.error).replaceAll("\n", " ")}`);
  const { vocabulary, end, sequences, elsewhere } = read.data;
  if (elsewhere !== undefined && elsewhere.length !== vocabulary)
    throw new RangeError(`Cannot read a model: expected ${vocabulary} probabilities elsewhere, got ${elsewhere.length}`);
  const options = { vocabulary, end };
  return { end, model: tabular(sequences, elsewhere === undefined ? options : { ...options, elsewhere: () => elsewhere }) };
}
