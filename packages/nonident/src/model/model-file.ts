import { tabular, type Tabular } from "@lab/tensor-core";
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import type { ClosedModel } from "./closed-model.ts";

/** A tabular model as it is written in a file: sequences without their end symbol, with probabilities that sum to one. */
export type ModelFile = {
  readonly vocabulary: number;
  readonly end: number;
  readonly sequences: readonly (readonly [sequence: readonly number[], probability: number])[];
  /** Probabilities after prefixes of probability zero: uniform where absent. */
  readonly elsewhere?: readonly number[] | undefined;
};

const weight = z.number().check(z.minimum(0));

const schema: z.ZodMiniType<ModelFile> = z.strictObject({
  vocabulary: z.int().check(z.minimum(1)),
  end: z.int().check(z.minimum(0)),
  sequences: z.array(z.tuple([z.array(z.int().check(z.minimum(0))), weight])).check(z.minLength(1)),
  elsewhere: z.optional(z.array(weight)),
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
  // The small zod knows no messages of its own.
  const read = schema.safeParse(content, { error: en().localeError });
  if (!read.success) throw new RangeError(`Cannot read a model: ${z.prettifyError(read.error).replaceAll("\n", " ")}`);
  const { vocabulary, end, sequences, elsewhere } = read.data;
  if (elsewhere !== undefined && elsewhere.length !== vocabulary)
    throw new RangeError(`Cannot read a model: expected ${vocabulary} probabilities elsewhere, got ${elsewhere.length}`);
  const options = { vocabulary, end };
  return { end, model: tabular(sequences, elsewhere === undefined ? options : { ...options, elsewhere: () => elsewhere }) };
}
