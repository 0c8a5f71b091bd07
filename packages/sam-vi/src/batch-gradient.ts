import { valueAndGrad, type Objective, type Params, type ValueAndGrad } from "@lab/tensor-core";
import { chunks } from "./chunks.ts";
import { weightedMean } from "./weighted-mean.ts";

/** ∇L at some parameters, on a batch that is fixed. */
export type BatchGradient<P> = (at: P) => ValueAndGrad<P>;

/** L(at) and ∇L(at) on a batch, accumulated over `microBatches` parts of it: one part's activations at a time are needed. */
export function batchGradient<P extends Params, Batch>(
  loss: Objective<P, Batch>,
  batch: Batch,
  { microBatches = 1 }: { readonly microBatches?: number } = {},
): BatchGradient<P> {
  const parts = chunks(batch, microBatches).map(({ batch: part, weight }) => ({ at: valueAndGrad((params: P) => loss(params, part)), weight }));
  return (params) => weightedMean(parts.map(({ at, weight }) => ({ value: at(params), weight })));
}

/** The same, computed once at `mean`: what asks for the clean gradient again does not pay for it again. */
export function remembered<P>(at: BatchGradient<P>, mean: P): { readonly at: BatchGradient<P>; readonly clean: () => ValueAndGrad<P> | undefined } {
  let met: ValueAndGrad<P> | undefined;
  return { at: (params) => (params === mean ? (met ??= at(mean)) : at(params)), clean: () => met };
}
