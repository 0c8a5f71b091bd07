import { engine, Variable, type Tensor } from "@tensorflow/tfjs-core";
import type { NativeBackend, NativeBinding, OpAttribute, TensorMetadata } from "../native-backend.ts";
import { customCall } from "./custom-call.ts";
import { declare, edge, emit, frame, functionDef, type Constant, type Frame, type HandleInfo, type Surroundings } from "./frame.ts";
import { functionAttribute, opAttribute, typeAttribute, typesAttribute, type FunctionDef, type Node, type Slot } from "./graph-def.ts";
import { place } from "./place.ts";

/** Bytes above which a value from JavaScript is fed by handle, not copied into the graph. */
const LARGEST_CONSTANT = 1 << 16;

/** A pure function, written down: its arguments are the declared inputs, then the captured handles. */
export type Traced = {
  readonly functions: readonly FunctionDef[];
  readonly main: FunctionDef;
  readonly captures: readonly number[];
  readonly operations: number;
  /** What main's edges carry. */
  readonly values: ReadonlyMap<string, HandleInfo>;
};

/** A trace in progress. */
export type Trace = {
  /** A fresh tensor that stands for `x`, so that a closure over `x` is not taken for the argument. */
  alias(x: Tensor): Tensor;
  /** A loop in the graph: while carried[0] < carried[1], carried = body(carried). */
  loop(initial: readonly Tensor[], body: (carried: readonly Tensor[]) => readonly Tensor[]): Tensor[];
};

let current: Trace | undefined;

/** The trace that is under way, if one is. */
export function currentTrace(): Trace | undefined {
  return current;
}

/** A plain copy: the binding's own properties are read-only and not enumerable. */
function everyProperty<T extends object>(of: T): T {
  return Object.fromEntries(Object.getOwnPropertyNames(of).map((name) => [name, of[name as keyof T]])) as T;
}

/** Refuses an effect while tracing, naming the place. */
function refuse(what: string, instead: string): never {
  throw new TypeError(`Cannot trace ${what}${place()}: a jitted function must be pure, ${instead}`);
}

/** What traced code must not do to the world: replaced while `body` runs. */
function guarded<T>(body: () => T): T {
  const { random } = Math;
  const { assign } = Variable.prototype;
  Math.random = () => refuse("Math.random", "draw from its key instead");
  Variable.prototype.assign = () => refuse("an assignment to a tf.Variable", "return the new value instead");
  try {
    return body();
  } finally {
    Math.random = random;
    Variable.prototype.assign = assign;
  }
}

/**
 * Runs `body` once on stand-ins for `inputs` and writes down every operation it executes.
 *
 * The operations do run, on the given values, so that shapes are real; what they compute is freed as `body` frees it, and nothing of it is kept.
 */
export function trace(backend: NativeBackend, inputs: readonly Tensor[], body: (inputs: readonly Tensor[]) => readonly Tensor[]): Traced {
  const binding = backend.binding;
  const constants = new Map<number, Constant>();
  const infos = new Map<number, HandleInfo>();
  const computed = new Set<number>();
  const freed: number[] = [];
  const functions: FunctionDef[] = [];
  const variables = new Set(Object.values(engine().registeredVariables).map((v) => v.dataId));
  const variableIds = new Set<number>();
  const main = frame();
  let at: Frame = main;

  const around: Surroundings = {
    constant: (id) => {
      const constant = constants.get(id);
      // A variable that is not in the engine yet looks like a value from JavaScript.
      return constant !== undefined && constant.elements.byteLength <= LARGEST_CONSTANT && !variableIds.has(id) ? constant : undefined;
    },
    info: (id) => infos.get(id)!,
    outside: (id) => {
      if (variableIds.has(id)) refuse("a read of a tf.Variable", "pass its value as an argument instead");
    },
  };

  const operandsOf = (ids: readonly number[]) => ids.map((id) => ({ ...infos.get(id)!, ...constants.get(id) }));

  const record = (op: string, attributes: readonly OpAttribute[], ids: readonly number[], results: readonly TensorMetadata[]): void => {
    const edges = ids.map((id) => edge(at, id, around));
    for (const { id, dtype, shape } of results) infos.set(id, { dtype, shape });
    emit(
      at,
      op,
      edges,
      attributes.map((a) => opAttribute(a, binding)),
      results.map(({ id }) => id),
      customCall(op, new Map(attributes.map(({ name, value }) => [name, value])), operandsOf(ids), results),
    );
  };

  const interposed: NativeBinding = {
    ...everyProperty(binding),
    executeOp(op, attributes, ids, outputs) {
      const results = binding.executeOp(op, attributes, ids, outputs);
      record(op, attributes, ids, results);
      for (const { id } of results) computed.add(id);
      return results;
    },
    createTensor(shape, dtype, values) {
      const id = binding.createTensor(shape, dtype, values);
      const elements = ArrayBuffer.isView(values) ? new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)) : undefined;
      if (elements !== undefined) constants.set(id, { dtype, shape: [...shape], elements });
      infos.set(id, { dtype, shape: [...shape] });
      return id;
    },
    deleteTensor(id) {
      // What an operation computed is in the graph, and no number is given out twice. A value from elsewhere may be captured when the graph is written.
      if (computed.delete(id)) binding.deleteTensor(id);
      else freed.push(id);
    },
    tensorDataSync(id) {
      if (constants.has(id)) return binding.tensorDataSync(id);
      return refuse("a read of a tensor", "use operations such as where() in place of a branch on its value");
    },
  };

  const dtypeOf = (x: Tensor): number => backend.getDTypeInteger(x.dtype);
  const handles = backend.getInputTensorIds.bind(backend);
  const observed: NativeBackend["getInputTensorIds"] = (xs) => {
    const ids = handles(xs);
    xs.forEach((x, i) => {
      const id = ids[i]!;
      if (!infos.has(id)) infos.set(id, { dtype: dtypeOf(x), shape: x.shape });
      if (variables.has(x.dataId)) variableIds.add(id);
    });
    return ids;
  };
  const idOf = (x: Tensor): number => observed([x])[0]!;

  const alias = (x: Tensor): Tensor => {
    const [result] = binding.executeOp("Identity", [{ name: "T", type: binding.TF_ATTR_TYPE, value: dtypeOf(x) }], [idOf(x)], 1);
    infos.set(result!.id, { dtype: result!.dtype, shape: result!.shape });
    return backend.createOutputTensor(result!);
  };

  const written = (name: string, into: Frame, results: readonly number[]): FunctionDef => {
    const definition = functionDef(name, into, results, around);
    functions.push(definition);
    return definition;
  };

  const loop: Trace["loop"] = (initial, step) => {
    const outer = at;
    const inner = frame(outer);
    const carried = initial.map(alias);
    for (const x of carried) declare(inner, idOf(x), dtypeOf(x));
    at = inner;
    let next: readonly Tensor[];
    let body: FunctionDef;
    try {
      next = step(carried);
      const results = next.map(idOf);
      // Looking a result up may capture it, and a loop hands its captures on unchanged: look all of them up before listing them.
      for (const id of results) edge(inner, id, around);
      body = written(`body${functions.length}`, inner, [...results, ...inner.captures]);
    } finally {
      at = outer;
    }
    const [i, n] = body.inputs as [Slot, Slot, ...Slot[]];
    const less: Node = { name: "less", op: "Less", inputs: [i.name, n.name], attributes: [typeAttribute("T", binding.TF_INT32)] };
    const condition: FunctionDef = {
      name: `condition${functions.length}`,
      inputs: body.inputs,
      outputs: [{ name: "r0", dtype: binding.TF_BOOL, from: "less:z:0" }],
      nodes: [less],
    };
    functions.push(condition);
    const fed = [...initial.map(idOf), ...inner.captures].map((id) => edge(outer, id, around));
    const dtypes = typesAttribute(
      "T",
      body.inputs.map(({ dtype }) => dtype),
    );
    const finals = next.map(alias);
    emit(outer, "StatelessWhile", fed, [dtypes, functionAttribute("cond", condition.name), functionAttribute("body", body.name)], finals.map(idOf));
    return finals;
  };

  const before = current;
  backend.binding = interposed;
  backend.getInputTensorIds = observed;
  current = { alias, loop };
  try {
    return guarded(() => {
      const stand = inputs.map(alias);
      for (const x of stand) declare(main, idOf(x), dtypeOf(x));
      const results = body(stand).map(idOf);
      const definition = written("main", main, results);
      const operations = functions.reduce((sum, { nodes }) => sum + nodes.length, 0);
      const captures = main.captures.map(
        (id) => binding.executeOp("Identity", [{ name: "T", type: binding.TF_ATTR_TYPE, value: infos.get(id)!.dtype }], [id], 1)[0]!.id,
      );
      const values = new Map([...main.edges].map(([id, from]) => [from, infos.get(id)!]));
      return { functions: functions.filter((f) => f !== definition), main: definition, captures, operations, values };
    });
  } finally {
    current = before;
    backend.binding = binding;
    Reflect.deleteProperty(backend, "getInputTensorIds");
    for (const id of freed) binding.deleteTensor(id);
  }
}
