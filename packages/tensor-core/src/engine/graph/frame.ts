import { isTraceable, outputReference } from "./op-outputs.ts";
import type { CustomCall } from "./custom-call.ts";
import { tensorAttribute, typeAttribute, type FunctionDef, type Node, type Slot } from "./graph-def.ts";
import type { Field } from "./wire.ts";

/** What is known of a handle: enough to declare it as an argument. */
export type HandleInfo = { readonly dtype: number; readonly shape: readonly number[] };
/** A value that came from JavaScript during the trace. */
export type Constant = HandleInfo & { readonly elements: Uint8Array };
/** Where a frame looks up what it did not compute itself. */
export type Surroundings = { constant(id: number): Constant | undefined; info(id: number): HandleInfo; outside(id: number): void };

/** A function being written down: operations as they happen, and what they needed from around it. */
export type Frame = {
  readonly nodes: Node[];
  /** Handle → edge, as function bodies write it. */
  readonly edges: Map<number, string>;
  readonly inputs: Slot[];
  /** Handles that the function needs from outside, in the order of their arguments, after the declared ones. */
  readonly captures: number[];
  readonly parent: Frame | undefined;
};

export function frame(parent?: Frame): Frame {
  return { nodes: [], edges: new Map(), inputs: [], captures: [], parent };
}

/** Declares a handle as the next argument. */
export function declare(into: Frame, id: number, dtype: number): void {
  const name = `a${into.inputs.length}`;
  into.inputs.push({ name, dtype });
  into.edges.set(id, name);
}

/** Writes a node and names its results; returns the node's name. */
export function emit(
  into: Frame,
  op: string,
  inputs: readonly string[],
  attributes: readonly Field[],
  results: readonly number[],
  customCall?: CustomCall,
): string {
  if (!isTraceable(op)) throw new TypeError(`Cannot trace ${op}: it is not a pure operation that jit knows`);
  const name = `n${into.nodes.length}`;
  into.nodes.push(customCall === undefined ? { name, op, inputs, attributes } : { name, op, inputs, attributes, customCall });
  results.forEach((id, i) => into.edges.set(id, outputReference(op, name, i)));
  return name;
}

/** The edge that carries a handle here: computed here, a constant, or an argument fetched through every enclosing frame. */
export function edge(into: Frame, id: number, around: Surroundings): string {
  const known = into.edges.get(id);
  if (known !== undefined) return known;
  const constant = around.constant(id);
  if (constant !== undefined) {
    emit(into, "Const", [], [typeAttribute("dtype", constant.dtype), tensorAttribute("value", constant.dtype, constant.shape, constant.elements)], [id]);
  } else {
    if (into.parent === undefined) around.outside(id);
    else edge(into.parent, id, around);
    declare(into, id, around.info(id).dtype);
    into.captures.push(id);
  }
  return into.edges.get(id)!;
}

/** The finished function: its results are the given handles. */
export function functionDef(name: string, from: Frame, results: readonly number[], around: Surroundings): FunctionDef {
  const edges = results.map((id) => edge(from, id, around));
  const outputs = results.map((id, i) => ({ name: `r${i}`, dtype: around.info(id).dtype, from: edges[i]! }));
  return { name, inputs: from.inputs, outputs, nodes: from.nodes };
}
