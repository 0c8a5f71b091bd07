import { boolAttribute, functionAttribute, typesAttribute, type FunctionDef, type Node, type Slot } from "./graph-def.ts";
import type { HandleInfo } from "./frame.ts";

/** Operations whose own kernels are several times faster than what XLA makes of them on a CPU. */
const KERNELS = new Set(
  "AvgPool AvgPoolGrad Conv2D Conv2DBackpropFilter Conv2DBackpropInput DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput MaxPool MaxPoolGrad".split(
    " ",
  ),
);

const producer = (edge: string): string => edge.split(":")[0]!;

/**
 * A function in stages: what XLA compiles well as one function a stage, and between them the operations that it does not.
 *
 * An operation left to its kernel belongs to the stage that its inputs come from, and what uses its result to a later one, so that stages run in order.
 * Constants are copied to where they are used: XLA wants to see shapes and axes. Returns undefined where nothing is left to a kernel.
 */
export function staged(
  main: FunctionDef,
  values: ReadonlyMap<string, HandleInfo>,
): { readonly main: FunctionDef; readonly stages: readonly FunctionDef[] } | undefined {
  const nodes = new Map(main.nodes.map((node) => [node.name, node]));
  const kernels = new Set(main.nodes.filter(({ op }) => KERNELS.has(op)).map(({ name }) => name));
  if (kernels.size === 0) return undefined;
  const constant = (edge: string): Node | undefined => {
    const node = nodes.get(producer(edge));
    return node?.op === "Const" ? node : undefined;
  };

  const stageOf = new Map<string, number>();
  for (const { name, op, inputs } of main.nodes) {
    if (op === "Const") continue;
    const ready = inputs.map((edge) => {
      const from = producer(edge);
      const stage = stageOf.get(from) ?? 0;
      return kernels.has(from) && !kernels.has(name) ? stage + 1 : stage;
    });
    stageOf.set(name, Math.max(0, ...ready));
  }
  const last = Math.max(...stageOf.values());

  const inStage = (stage: number): Node[] => main.nodes.filter(({ name, op }) => op !== "Const" && !kernels.has(name) && stageOf.get(name) === stage);
  const kernelNodes = main.nodes.filter(({ name }) => kernels.has(name));
  const outerEdges = new Map<string, string>();
  const outerNodes = new Map<string, Node>();
  const stages: FunctionDef[] = [];

  const outerEdge = (edge: string): string => {
    const value = constant(edge);
    if (value !== undefined) outerNodes.set(value.name, value);
    return outerEdges.get(edge) ?? edge;
  };

  for (let stage = 0; stage <= last; stage++) {
    const members = inStage(stage);
    if (members.length > 0) {
      const own = new Set(members.map(({ name }) => name));
      const elsewhere = [...main.nodes.filter(({ name }) => !own.has(name)).flatMap(({ inputs }) => inputs), ...main.outputs.map(({ from }) => from)];
      const results = [...new Set(elsewhere.filter((edge) => own.has(producer(edge))))];
      const { definition, fed } = stageFunction(`stage${stage}`, members, results, constant, (edge) => values.get(edge)!.dtype);
      stages.push(definition);
      outerNodes.set(definition.name, {
        name: definition.name,
        op: "PartitionedCall",
        inputs: fed.map(outerEdge),
        attributes: [
          typesAttribute(
            "Tin",
            definition.inputs.map(({ dtype }) => dtype),
          ),
          typesAttribute(
            "Tout",
            definition.outputs.map(({ dtype }) => dtype),
          ),
          functionAttribute("f", definition.name),
          boolAttribute("_XlaMustCompile", true),
        ],
      });
      results.forEach((edge, i) => outerEdges.set(edge, `${definition.name}:output:${i}`));
    }
    for (const node of kernelNodes) if (stageOf.get(node.name) === stage) outerNodes.set(node.name, { ...node, inputs: node.inputs.map(outerEdge) });
  }
  const outputs = main.outputs.map((slot) => ({ ...slot, from: outerEdge(slot.from) }));
  return { main: { ...main, nodes: [...outerNodes.values()], outputs }, stages };
}

/** The function of one stage, and the edges that its arguments carry. */
function stageFunction(
  name: string,
  members: readonly Node[],
  results: readonly string[],
  constant: (edge: string) => Node | undefined,
  dtypeOf: (edge: string) => number,
): { definition: FunctionDef; fed: string[] } {
  const own = new Set(members.map((node) => node.name));
  const constants = new Map<string, Node>();
  const slots = new Map<string, Slot>();
  const inside = (edge: string): string => {
    if (own.has(producer(edge))) return edge;
    const value = constant(edge);
    if (value !== undefined) {
      constants.set(value.name, value);
      return edge;
    }
    const slot = slots.get(edge) ?? { name: `x${slots.size}`, dtype: dtypeOf(edge) };
    slots.set(edge, slot);
    return slot.name;
  };
  const nodes = members.map((node) => ({ ...node, inputs: node.inputs.map(inside) }));
  const outputs = results.map((edge, i) => ({ name: `r${i}`, dtype: dtypeOf(edge), from: edge }));
  return { definition: { name, inputs: [...slots.values()], outputs, nodes: [...constants.values(), ...nodes] }, fed: [...slots.keys()] };
}
