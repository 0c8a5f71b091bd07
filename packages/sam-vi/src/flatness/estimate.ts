import { summary, variance, type JitOptions } from "@lab/tensor-core";

/** A mean, and its standard error over what it was averaged over; NaN where there was only one. */
export type Estimate = { readonly mean: number; readonly error: number; readonly values: readonly number[] };

/** The mean of independent values with its standard error s/√n. */
export function estimate(values: readonly number[]): Estimate {
  const seen = summary(values);
  return { mean: seen.mean, error: Math.sqrt(variance(seen) / seen.count), values };
}

/** Where a loss is a mean over batches: measures are averaged over them. Without it, the loss is called once, with nothing. */
export type Over<Batch> = {
  readonly batches?: readonly Batch[];
  /** How the measure is compiled, once for each loss: large convolutional networks compile much faster without XLA. */
  readonly jit?: JitOptions;
};

/** The batches, or the one that is none. */
export function batchesOf<Batch>({ batches = [undefined as Batch] }: Over<Batch>): readonly Batch[] {
  if (batches.length === 0) throw new RangeError("Cannot measure flatness: expected at least one batch, got none");
  return batches;
}

/** Checks what a caller may get wrong before anything is made. */
export function checked(what: string, value: number, { least, whole = false }: { readonly least: number; readonly whole?: boolean }): void {
  if (!(value >= least && value < Infinity && (!whole || Number.isInteger(value))))
    throw new RangeError(`Cannot measure flatness: expected ${what} to be ${whole ? "a whole number" : "a finite number"} of at least ${least}, got ${value}`);
}
