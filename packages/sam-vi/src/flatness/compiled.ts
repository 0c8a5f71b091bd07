import { jit, type JitOptions, type Jitted } from "@lab/tensor-core";

const known = new WeakMap<object, Map<string, unknown>>();

/** The name of a measure, how it is compiled, and every other number or word that it closes over beside the loss. */
export type MeasureSettings = { readonly measure: string; readonly jit: JitOptions | undefined } & {
  readonly [name: string]: string | number | boolean | JitOptions | undefined;
};

/**
 * A measure of a loss, compiled once for that loss and these settings: measuring along a training does not compile again. The graph is kept as long as the loss is.
 */
export function compiled<Args extends readonly unknown[], Result>(
  loss: object,
  settings: MeasureSettings,
  f: (...args: Args) => Result,
): Jitted<(...args: Args) => Result> {
  const measures = known.get(loss) ?? new Map<string, unknown>();
  known.set(loss, measures);
  const name = JSON.stringify(settings);
  const measure = (measures.get(name) as Jitted<(...args: Args) => Result> | undefined) ?? jit(f, settings.jit);
  measures.set(name, measure);
  return measure;
}
