import { add, clone, scalar, Tensor, tensor1d, where, type Scalar } from "@tensorflow/tfjs-core";
import { load, type CompiledGraph } from "./engine/graph/compiled.ts";
import { currentTrace, trace, type Traced } from "./engine/graph/trace.ts";
import { nativeBackend, type NativeBackend } from "./engine/native-backend.ts";
import { own, scoped } from "./memory.ts";
import { isHostKey, isKey, keyOf, type HostKey } from "./random/key.ts";
import { ShapeError } from "./shapes.ts";
import { map, paths, tensors, withTensors, type Tree } from "./tree/tree.ts";

/** How a function is compiled. */
export type JitOptions = {
  /**
   * Compile with XLA, all but convolutions and pooling, whose own kernels are faster; without it TensorFlow runs its own kernels on the optimised graph,
   * which wins where a few large products of matrices take most of the time.
   */
  readonly xla?: boolean;
  /** How many graphs are kept, the most recently used ones: one per structure, shapes and dtypes of the arguments. */
  readonly maxGraphs?: number;
};

/** What became of one set of shapes: `fallback` says why XLA was asked for and not used. */
export type GraphReport = {
  readonly signature: string;
  readonly operations: number;
  readonly xla: boolean;
  readonly seconds: number;
  readonly fallback?: string;
};

/** A function and its compiled graphs; `dispose` with `using` or leave it to the garbage collector. */
export type Jitted<F> = F &
  Disposable & {
    /** How often the function was traced: once per structure, shapes and dtypes, if all is well. */
    readonly traces: number;
    /** The graphs that are kept, least recently used first. */
    readonly graphs: readonly GraphReport[];
  };

type Kept = { readonly graph: CompiledGraph; readonly report: GraphReport; readonly output: Tree };
type Input = Tensor | HostKey;

const forgotten = new FinalizationRegistry<Map<string, Kept>>(release);

function release(kept: Map<string, Kept>): void {
  for (const { graph } of kept.values()) graph.free();
  kept.clear();
}

/**
 * The same function, compiled: traced once per structure, shapes and dtypes of its arguments, then one call into the engine however many operations it holds.
 *
 * `f` must be a pure function of trees. Tensors and keys are inputs: a draw inside depends on the key of each call. Numbers, strings and booleans are
 * structure: another value is another graph. Tensors that `f` closes over are fed by handle, as they were at the trace. Inside another trace, or on an
 * engine without graphs, `jit(f)` is `f` in its own scope, with the same results.
 *
 * @throws TypeError naming the place, if `f` reads a tensor, assigns or reads a variable, draws without a key or uses an operation that is not pure
 * @example
 * ```ts
 * import { mul, scalar, type Scalar } from "@tensorflow/tfjs-core";
 * import { jit } from "@lab/tensor-core";
 * const double = jit((x: Scalar) => mul(x, 2));
 * double(scalar(21)).dataSync()[0]; // => 42
 * ```
 */
export function jit<Args extends readonly unknown[], Result>(
  f: (...args: Args) => Result,
  { xla = true, maxGraphs = 16 }: JitOptions = {},
): Jitted<(...args: Args) => Result> {
  if (!(Number.isInteger(maxGraphs) && maxGraphs >= 1))
    throw new RangeError(`Cannot jit: expected maxGraphs to be a whole number of at least 1, got ${maxGraphs}`);
  const kept = new Map<string, Kept>();
  let traces = 0;

  function compile(signature: string, args: Args, inputs: readonly Input[], backend: NativeBackend): { kept: Kept; results: Tensor[] } {
    const start = performance.now();
    let output: Tree = null;
    const traced = traceOf(backend, inputs, (stands) => {
      output = f(...(standIn(args as Tree, stands) as Args)) as Tree;
      return tensors(output);
    });
    traces += 1;
    const { graph, results, ...how } = firstRun(backend, traced, inputs, xla);
    const report = { signature, operations: traced.operations, seconds: (performance.now() - start) / 1000, ...how };
    return { kept: { graph, report, output }, results };
  }

  function call(...args: Args): Result {
    if (currentTrace() !== undefined) return scoped(() => f(...args));
    const backend = nativeBackend();
    // A graph's results are tensors of their own, an argument handed through included: so are these.
    if (backend === undefined) return scoped(() => map((x) => clone(x), f(...args) as Tree) as Result);
    const inputs: Input[] = [];
    const signature = described(args as Tree, inputs, args as Tree);
    const known = kept.get(signature);
    if (known !== undefined) {
      kept.delete(signature);
      kept.set(signature, known);
      return withTensors(known.output, run(backend, known.graph, inputs)) as Result;
    }
    const fresh = compile(signature, args, inputs, backend);
    kept.set(signature, fresh.kept);
    for (const [oldest, { graph }] of kept) {
      if (kept.size <= maxGraphs) break;
      graph.free();
      kept.delete(oldest);
    }
    return withTensors(fresh.kept.output, fresh.results) as Result;
  }

  const jitted = Object.defineProperties(call, {
    traces: { get: () => traces },
    graphs: { get: () => [...kept.values()].map(({ report }) => report) },
    [Symbol.dispose]: { value: () => release(kept) },
  }) as unknown as Jitted<(...args: Args) => Result>;
  forgotten.register(jitted, kept);
  return jitted;
}

/** Appends the inputs of a tree, in order, and returns what a graph is specific to: structure, shapes, dtypes and every other leaf. */
function described(tree: Tree, inputs: Input[], all: Tree): string {
  if (tree instanceof Tensor) {
    inputs.push(tree);
    return `${tree.dtype}[${tree.shape.join()}]`;
  }
  if (isKey(tree)) {
    if (isHostKey(tree)) inputs.push(tree);
    else inputs.push(tree.words as Tensor);
    return "key";
  }
  if (Array.isArray(tree)) {
    let text = "";
    for (const child of tree) text += `${text === "" ? "" : ","}${described(child as Tree, inputs, all)}`;
    return `[${text}]`;
  }
  if (typeof tree === "object" && tree !== null) {
    let text = "";
    for (const name in tree) text += `${text === "" ? "" : ","}${quoted(name)}:${described((tree as Record<string, Tree>)[name], inputs, all)}`;
    return `{${text}}`;
  }
  if (typeof tree === "function")
    throw new TypeError(`Cannot call a jitted function: expected trees of tensors, got a function at ${whereFunction(all, "argument")}; close over it instead`);
  return typeof tree === "string" ? JSON.stringify(tree) : Object.is(tree, -0) ? "-0" : String(tree);
}

/** The path of the first function in a tree. */
function whereFunction(tree: Tree, path: string): string | undefined {
  if (typeof tree === "function") return path;
  if (tree instanceof Tensor || typeof tree !== "object" || tree === null) return undefined;
  for (const [name, child] of Object.entries(tree)) {
    const found = whereFunction(child as Tree, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A name that cannot be mistaken for the text around it. */
function quoted(name: string): string {
  return /^\w+$/.test(name) ? name : JSON.stringify(name);
}

/** A tree with stand-ins for its inputs, in the order of `described`. */
function standIn(tree: Tree, stands: readonly Tensor[]): Tree {
  let i = 0;
  function walk(t: Tree): Tree {
    if (t instanceof Tensor) return stands[i++]!;
    if (isKey(t)) return keyOf(stands[i++]! as Parameters<typeof keyOf>[0]) as Tree;
    if (Array.isArray(t)) return t.map(walk);
    if (typeof t === "object" && t !== null) return Object.fromEntries(Object.entries(t).map(([name, child]) => [name, walk(child)]));
    return t;
  }
  return walk(tree);
}

function traceOf(backend: NativeBackend, inputs: readonly Input[], body: (stands: readonly Tensor[]) => readonly Tensor[]): Traced {
  let traced: Traced | undefined;
  scoped(() => {
    const given = inputs.map((x) => (x instanceof Tensor ? x : tensor1d(Int32Array.from(x.words, Number), "int32")));
    traced = trace(backend, given, body);
  });
  return traced!;
}

/** Runs a graph for the first time, which compiles it; where XLA cannot, TensorFlow's own kernels do. */
function firstRun(
  backend: NativeBackend,
  traced: Traced,
  inputs: readonly Input[],
  xla: boolean,
): { graph: CompiledGraph; results: Tensor[]; xla: boolean; fallback?: string } {
  const graph = load(backend, traced, { xla });
  try {
    return { graph, results: run(backend, graph, inputs), xla };
  } catch (error) {
    if (!xla) {
      graph.free();
      throw error;
    }
    graph.forget();
    const plain = firstRun(backend, traced, inputs, false);
    return { ...plain, fallback: error instanceof Error ? error.message.split("\n")[0]! : String(error) };
  }
}

function run(backend: NativeBackend, graph: CompiledGraph, inputs: readonly Input[]): Tensor[] {
  const { binding } = backend;
  const made: number[] = [];
  const ids = inputs.map((x) => {
    if (x instanceof Tensor) return backend.getInputTensorIds([x])[0]!;
    const id = binding.createTensor([2], binding.TF_INT32, Int32Array.from(x.words, Number));
    made.push(id);
    return id;
  });
  try {
    return graph.run(ids).map((result) => backend.createOutputTensor(result));
  } finally {
    for (const id of made) binding.deleteTensor(id);
  }
}

/**
 * state after `steps` times state ← body(state, i), i = 0, 1, …
 *
 * Inside `jit` the body is traced once, whatever `steps` is, and `steps` may be decided by the graph (an int32 scalar); elsewhere it is a plain loop.
 * Gradients may be taken inside the body, not through the loop. `until` is asked after each step, and ends the loop early where it holds: a bool scalar.
 *
 * @throws ShapeError if the body changes the structure, a shape or a dtype of the state; RangeError if `steps` is no whole number
 * @example
 * ```ts
 * import { mul, scalar } from "@tensorflow/tfjs-core";
 * import { iterate } from "@lab/tensor-core";
 * iterate(10, (x) => mul(x, 2), scalar(1)).dataSync()[0]; // => 1024
 * ```
 */
export function iterate<T extends Tree>(
  steps: number | Scalar,
  body: (state: T, i: Scalar) => T,
  state: T,
  { until }: { readonly until?: (state: T) => Scalar } = {},
): T {
  if (typeof steps === "number" && !(Number.isInteger(steps) && steps >= 0))
    throw new RangeError(`Cannot iterate: expected a whole number of steps, got ${steps}`);
  const tracing = currentTrace();
  return scoped(() => {
    if (tracing === undefined) return repeated(typeof steps === "number" ? steps : steps.dataSync()[0]!, body, { state, until });
    let shaped = state;
    const limit = typeof steps === "number" ? scalar(steps, "int32") : steps;
    const [, , ...finals] = tracing.loop([scalar(0, "int32"), limit, ...tensors(state)], ([i, n, ...carried]) => {
      shaped = body(withTensors(state, carried), i as Scalar);
      const taken = add(i!, scalar(1, "int32"));
      return [taken, until === undefined ? n! : where(until(shaped), taken, n!), ...checked(shaped, state)];
    });
    return withTensors(shaped, finals);
  });
}

function repeated<T extends Tree>(
  steps: number,
  body: (state: T, i: Scalar) => T,
  { state: initial, until }: { readonly state: T; readonly until: ((state: T) => Scalar) | undefined },
): T {
  using state = own(() => initial);
  for (let i = 0; i < steps; i++) {
    using none = state.advance((s) => {
      const next = body(s, scalar(i, "int32"));
      checked(next, s);
      return [next, null] as const;
    });
    if (until !== undefined && scoped(() => until(state.value).dataSync()[0])) break;
  }
  return map((x) => clone(x), state.value);
}

/** The tensors of a state that must look like the one before it. */
function checked(next: Tree, before: Tree): Tensor[] {
  const [xs, ys, names] = [tensors(next), tensors(before), paths(before)];
  if (xs.length !== ys.length) throw new ShapeError(`Cannot iterate: expected a state of ${ys.length} tensors, got ${xs.length}`);
  ys.forEach((y, i) => {
    const x = xs[i]!;
    if (x.dtype !== y.dtype || x.shape.join() !== y.shape.join())
      throw new ShapeError(
        `Cannot iterate: expected ${y.dtype} [${y.shape.join(", ")}] at "${names[i]}" as before the step, got ${x.dtype} [${x.shape.join(", ")}]`,
      );
  });
  return xs;
}
