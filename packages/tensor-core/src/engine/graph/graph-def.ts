import type { OpAttribute } from "../native-backend.ts";
import type { CustomCall } from "./custom-call.ts";
import { bytes, concat, float, integer, message, text, type Field } from "./wire.ts";

/** One operation: its inputs are edges, written as the enclosing graph or function writes them. */
export type Node = {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: readonly Field[];
  /** What XLA takes in its place, where it is an operation of ours. */
  readonly customCall?: CustomCall;
};
/** A named, typed argument or result of a function. */
export type Slot = { readonly name: string; readonly dtype: number };
/** A function: arguments, nodes, and for each result the edge that carries it. */
export type FunctionDef = {
  readonly name: string;
  readonly inputs: readonly Slot[];
  readonly outputs: readonly (Slot & { readonly from: string })[];
  readonly nodes: readonly Node[];
};

function shapeFields(shape: readonly number[]): Field[] {
  return shape.map((size) => message(2, [integer(1, size)]));
}

function attribute(name: string, value: Field): Field {
  return message(5, [text(1, name), message(2, [value])]);
}

export const typeAttribute = (name: string, dtype: number): Field => attribute(name, integer(6, dtype));
export const boolAttribute = (name: string, value: boolean): Field => attribute(name, integer(5, value ? 1 : 0));
export const shapeAttribute = (name: string, shape: readonly number[]): Field => attribute(name, message(7, shapeFields(shape)));
export const textAttribute = (name: string, value: string): Field => attribute(name, text(2, value));
export const shapesAttribute = (name: string, shapes: readonly (readonly number[])[]): Field =>
  attribute(
    name,
    message(
      1,
      shapes.map((shape) => message(7, shapeFields(shape))),
    ),
  );
export const typesAttribute = (name: string, dtypes: readonly number[]): Field =>
  attribute(
    name,
    message(
      1,
      dtypes.map((dtype) => integer(6, dtype)),
    ),
  );
export const functionAttribute = (name: string, of: string): Field => attribute(name, message(10, [text(1, of)]));

/** A constant's value: the bytes of its elements, in row-major order. */
export function tensorAttribute(name: string, dtype: number, shape: readonly number[], elements: Uint8Array): Field {
  return attribute(name, message(8, [integer(1, dtype), message(2, shapeFields(shape)), bytes(4, elements)]));
}

/** The kinds of attribute that the binding names by number. */
export type AttributeKinds = { readonly [K in "TF_ATTR_STRING" | "TF_ATTR_INT" | "TF_ATTR_FLOAT" | "TF_ATTR_BOOL" | "TF_ATTR_TYPE" | "TF_ATTR_SHAPE"]: number };

/** An attribute as the binding takes it, written as a graph holds it. */
export function opAttribute({ name, type, value }: OpAttribute, kinds: AttributeKinds): Field {
  const scalar = (number: { text: number; integer: number; float: number; bool: number; type: number }, v: unknown): Field => {
    if (type === kinds.TF_ATTR_STRING) return text(number.text, String(v));
    if (type === kinds.TF_ATTR_INT) return integer(number.integer, Number(v));
    if (type === kinds.TF_ATTR_FLOAT) return float(number.float, Number(v));
    if (type === kinds.TF_ATTR_BOOL) return integer(number.bool, v ? 1 : 0);
    if (type === kinds.TF_ATTR_TYPE) return integer(number.type, Number(v));
    throw new TypeError(`Cannot write the attribute ${name}: expected a kind of attribute the binding knows, got ${type}`);
  };
  const numbers = { text: 2, integer: 3, float: 4, bool: 5, type: 6 };
  if (type === kinds.TF_ATTR_SHAPE) return attribute(name, message(7, shapeFields(value as number[])));
  return attribute(
    name,
    Array.isArray(value)
      ? message(
          1,
          value.map((v) => scalar(numbers, v)),
        )
      : scalar(numbers, value),
  );
}

function nodeField(number: number, { name, op, inputs, attributes }: Node): Field {
  return message(number, [text(1, name), text(2, op), ...inputs.map((input) => text(3, input)), ...attributes]);
}

function functionField({ name, inputs, outputs, nodes }: FunctionDef): Field {
  const slot = (number: number, { name, dtype }: Slot): Field => message(number, [text(1, name), integer(3, dtype)]);
  const signature = message(1, [text(1, name), ...inputs.map((s) => slot(2, s)), ...outputs.map((s) => slot(3, s))]);
  return message(1, [signature, ...nodes.map((n) => nodeField(3, n)), ...outputs.map((s) => message(4, [text(1, s.name), text(2, s.from)]))]);
}

/** The graph format that these messages follow [TensorFlow, tensorflow/core/public/version.h, TF_GRAPH_DEF_VERSION]. */
const GRAPH_DEF_VERSION = 1900;

/** A SavedModel of one graph under the tag `serve`: what the binding can load. */
export function savedModel(nodes: readonly Node[], functions: readonly FunctionDef[]): Uint8Array {
  const graph = concat([...nodes.map((n) => nodeField(1, n)), message(2, functions.map(functionField)), message(4, [integer(1, GRAPH_DEF_VERSION)])]);
  return concat([integer(1, 1), message(2, [message(1, [text(4, "serve")]), bytes(2, graph)])]);
}
