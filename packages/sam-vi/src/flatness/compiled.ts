import { jit, type Jitted } from "@lab/tensor-core";

const known = new WeakMap<object, Map<string, unknown>>();

/**
 * A measure of a loss, compiled once for that loss and these settings: measuring along a training does not compile again.
 *
 * `settings` are all that `f` closes over beside the loss. The graph is kept as long as the loss is.
 */
export function compiled<Args extends readonly unknown[], Result>(
  loss: object,
  settings: { readonly measure: string; readonly [name: string]: string | number | boolean | undefined },
  f: (...args: Args) => Result,
): Jitted<(...args: Args) => Result> {
  const measures = known.get(loss) ?? new Map<string, unknown>();
  known.set(loss, measures);
  const name = JSON.stringify(settings);
  const measure = (measures.get(name) as Jitted<(...args: Args) => Result> | undefined) ?? jit(f);
  measures.set(name, measure);
  return measure;
}
