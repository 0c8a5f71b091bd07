import type { HandleInfo } from "./frame.ts";
import { boolAttribute, shapesAttribute, textAttribute, typesAttribute, type FunctionDef, type Node } from "./graph-def.ts";

/** How XLA calls an operation of ours: a registered function and the numbers that it needs beside its operands. */
export type CustomCall = { readonly target: string; readonly numbers: readonly number[]; readonly operands: readonly number[]; readonly result: HandleInfo };

/** What is known of an operand: its shape, and its numbers where it is a constant. */
type Operand = HandleInfo & { readonly elements?: Uint8Array };

/** The custom call that stands for an operation of ours in a graph that XLA compiles. */
export function customCall(op: string, flags: ReadonlyMap<string, unknown>, operands: readonly Operand[], result: HandleInfo): CustomCall | undefined {
  const call = { operands: operands.map(({ dtype }) => dtype), result };
  if (op === "LabMatMul") {
    const a = operands[0]!.shape;
    const turned = [flags.get("adj_x") === true, flags.get("adj_y") === true] as const;
    const [rows, columns] = result.shape.slice(-2) as [number, number];
    const depth = a.at(turned[0] ? -2 : -1)!;
    const batch = result.shape.slice(0, -2).reduce((n, size) => n * size, 1);
    return { ...call, target: "lab_mat_mul", numbers: [batch, rows, columns, depth, ...turned.map(Number)] };
  }
  if (op === "LabNormal") {
    // Count and domain, which are constants of the trace.
    const bytes = operands[1]!.elements!;
    return { ...call, target: "lab_normal", numbers: [...new Int32Array(bytes.slice().buffer)] };
  }
  return undefined;
}

/** The function with operations of ours written as custom calls. */
export function withCustomCalls(f: FunctionDef): FunctionDef {
  return { ...f, nodes: f.nodes.map(asCustomCall) };
}

function asCustomCall(node: Node): Node {
  if (node.customCall === undefined) return node;
  const { target, numbers, operands, result } = node.customCall;
  const attributes = [
    textAttribute("call_target_name", target),
    textAttribute("backend_config", numbers.join(" ")),
    boolAttribute("has_side_effect", false),
    typesAttribute("operand_dtypes", operands),
    typesAttribute("result_dtypes", [result.dtype]),
    shapesAttribute("result_shapes", [result.shape]),
  ];
  return { name: node.name, op: "XlaCustomCallV2", inputs: node.inputs, attributes };
}
