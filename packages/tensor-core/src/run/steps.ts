import { add, equal, expandDims, gather, range, reshape, scalar, tensor2d, where, zeros, type Scalar, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import type { Algorithm } from "../algorithm.ts";
import { iterate, jit, type JitOptions, type Jitted } from "../jit.ts";
import { keyOf, type HostKey } from "../random/key.ts";
import { map, type Tree } from "../tree/tree.ts";
import type { Columns } from "./recorder.ts";

/** One step, compiled once for every run of the same algorithm: a ladder of runs does not compile again. */
type Step = Jitted<(key: HostKey, state: Tree, data: unknown) => readonly [Tree, Tree]>;
const steps = new WeakMap<object, Map<string, Step>>();

/** The algorithm's step as one call; the graph is kept as long as the algorithm is. */
export function compiledStep<State extends Tree, Info extends Tree, Data>(
  algorithm: Algorithm<never, State, Info, Data>,
  options: JitOptions | false,
): Algorithm<never, State, Info, Data>["step"] {
  if (options === false) return algorithm.step.bind(algorithm);
  const known = steps.get(algorithm) ?? new Map<string, Step>();
  steps.set(algorithm, known);
  const name = JSON.stringify(options);
  const step = known.get(name) ?? (jit(algorithm.step.bind(algorithm), options) as unknown as Step);
  known.set(name, step);
  return step as unknown as Algorithm<never, State, Info, Data>["step"];
}

/** The state after a block of steps, and what was recorded at each: [step, …]. */
export type Block<State> = (keys: readonly HostKey[], state: State) => readonly [State, Columns];

/** Blocks of steps as one call: a loop in the graph that writes each step's record to its row. */
export function compiledBlock<State extends Tree, Info extends Tree>(
  algorithm: Algorithm<never, State, Info>,
  record: (state: State, info: Info) => Columns,
  options: JitOptions | false,
): Disposable & { readonly call: Block<State> } {
  const body = (words: Tensor, initial: State): readonly [State, Columns] => {
    const length = words.shape[0]!;
    const keyAt = (i: Scalar) => keyOf(reshape(gather(words, reshape(i, [1])), [2]) as Tensor1D);
    const rows = (i: Scalar, columns: Columns, into: Columns) =>
      Object.fromEntries(
        Object.entries(columns).map(([name, x]) => {
          const here = reshape(equal(range(0, length, 1, "int32"), i), [length, ...x.shape.map(() => 1)]);
          return [name, where(here, expandDims(x, 0), into[name]!)];
        }),
      );
    // The first step, outside the loop, shows what is recorded.
    const [first, info] = algorithm.step(keyAt(scalar(0, "int32")), initial, undefined);
    const seen = record(first, info);
    const empty = Object.fromEntries(Object.entries(seen).map(([name, x]) => [name, zeros([length, ...x.shape], x.dtype as "float32")]));
    const start = { state: first as Tree, columns: rows(scalar(0, "int32"), seen, empty) as Tree };
    const after = iterate(
      length - 1,
      ({ state, columns }, i) => {
        const at = add<Scalar>(i, scalar(1, "int32"));
        const [next, said] = algorithm.step(keyAt(at), state as State, undefined);
        return { state: next as Tree, columns: rows(at, record(next, said), columns as Columns) as Tree };
      },
      start,
    );
    return [after.state as State, after.columns as Columns];
  };
  const jitted = options === false ? undefined : jit(body, options);
  return {
    call(keys, state) {
      const words = tensor2d(Int32Array.from(keys.flatMap(({ words }) => [...words])), [keys.length, 2], "int32");
      return (jitted ?? body)(words, state);
    },
    [Symbol.dispose]: () => jitted?.[Symbol.dispose](),
  };
}

/** A record with an axis of one step in front. */
export function asRow(columns: Columns): Columns {
  return map((x) => expandDims(x, 0), columns as Tree) as Columns;
}
