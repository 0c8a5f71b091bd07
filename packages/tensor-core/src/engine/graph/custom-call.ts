import type { HandleInfo } from "./frame.ts";
import { boolAttribute, shapesAttribute, textAttribute, typesAttribute, type FunctionDef, type Node } from "./graph-def.ts";

/** How XLA calls an operation of ours: a registered function and the numbers that it needs beside its operands. */
export type CustomCall = {
  readonly target: string;
  readonly numbers: readonly number[];
  readonly operands: readonly number[];
  readonly results: readonly HandleInfo[];
};

/** What is known of an operand: its shape, and its numbers where it is a constant. */
type Operand = HandleInfo & { readonly elements?: Uint8Array };
type Flags = ReadonlyMap<string, unknown>;
/** The numbers of a call. */
type Numbers = (flags: Flags, operands: readonly Operand[], result: HandleInfo) => readonly number[];

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);
const size: Numbers = (_, [x]) => [product(x!.shape)];
const rows: Numbers = (_, [x]) => [product(x!.shape.slice(0, -1)), x!.shape.at(-1)!];
/** A call's numbers are whole: ε travels as the bits of its float. */
const norm: Numbers = (flags, operands, result) => [
  ...rows(flags, operands, result),
  Number(flags.get("centred")),
  new Uint32Array(Float32Array.of(Number(flags.get("eps"))).buffer)[0]!,
];
const attention: Numbers = (flags, [qkv, segments]) => {
  const [batch, time, width] = qkv!.shape as [number, number, number];
  const [heads, shared] = [Number(flags.get("heads")), Number(flags.get("shared"))];
  return [batch, time, heads, shared, width / (heads + 2 * shared), Number(product(segments!.shape) > 0)];
};

const network: Numbers = (_, [x, up]) => [...x!.shape, up!.shape[2]!];

const sizes: Numbers = (flags) => flags.get("sizes") as readonly number[];

const CALLS: { readonly [op: string]: { readonly target: string; readonly numbers: Numbers } } = {
  LabAffine: { target: "lab_affine", numbers: (_, [x, kernel]) => [x!.shape[0]!, kernel!.shape[1]!, x!.shape[1]!] },
  LabAttention: { target: "lab_attention", numbers: attention },
  LabAttentionGrad: { target: "lab_attention_grad", numbers: attention },
  LabCachedAttention: {
    target: "lab_cached_attention",
    numbers: (flags, [rows, cache]) => {
      const [streams, time, width] = rows!.shape as [number, number, number];
      const [heads, shared] = [Number(flags.get("heads")), Number(flags.get("shared"))];
      return [streams, time, heads, shared, width / (heads + 2 * shared), cache!.shape[1]!];
    },
  },
  LabConvolution: { target: "lab_convolution", numbers: sizes },
  LabConvolutionFilterGrad: { target: "lab_convolution_filter_grad", numbers: sizes },
  LabConvolutionInputGrad: { target: "lab_convolution_input_grad", numbers: sizes },
  LabCrossEntropy: { target: "lab_cross_entropy", numbers: rows },
  LabCrossEntropyGrad: { target: "lab_cross_entropy_grad", numbers: rows },
  LabDot: { target: "lab_dot", numbers: size },
  LabGelu: { target: "lab_gelu", numbers: size },
  LabGeluGrad: { target: "lab_gelu_grad", numbers: size },
  LabMatMul: {
    target: "lab_mat_mul",
    numbers: (flags, [a], { shape }) => {
      const turned = [flags.get("adj_x") === true, flags.get("adj_y") === true] as const;
      const [rows, columns] = shape.slice(-2) as [number, number];
      return [product(shape.slice(0, -2)), rows, columns, a!.shape.at(turned[0] ? -2 : -1)!, ...turned.map(Number)];
    },
  },
  LabMaxPool: { target: "lab_max_pool", numbers: sizes },
  LabMaxPoolGrad: { target: "lab_max_pool_grad", numbers: sizes },
  LabNorm: { target: "lab_norm", numbers: norm },
  LabNormGrad: { target: "lab_norm_grad", numbers: norm },
  // Count and domain, which are constants of the trace.
  LabNormal: { target: "lab_normal", numbers: (_, operands) => [...new Int32Array(operands[1]!.elements!.slice().buffer)] },
  LabReluNetwork: { target: "lab_relu_network", numbers: network },
  LabReluNetworkGrad: { target: "lab_relu_network_grad", numbers: network },
};

/** The custom call that stands for an operation of ours in a graph that XLA compiles. */
export function customCall(op: string, flags: Flags, operands: readonly Operand[], results: readonly HandleInfo[]): CustomCall | undefined {
  const call = CALLS[op];
  if (call === undefined) return undefined;
  return { target: call.target, numbers: call.numbers(flags, operands, results[0]!), operands: operands.map(({ dtype }) => dtype), results };
}

/** The function with operations of ours written as custom calls. */
export function withCustomCalls(f: FunctionDef): FunctionDef {
  return { ...f, nodes: f.nodes.map(asCustomCall) };
}

function asCustomCall(node: Node): Node {
  if (node.customCall === undefined) return node;
  const { target, numbers, operands, results } = node.customCall;
  const attributes = [
    textAttribute("call_target_name", target),
    textAttribute("backend_config", numbers.join(" ")),
    boolAttribute("has_side_effect", false),
    typesAttribute("operand_dtypes", operands),
    typesAttribute(
      "result_dtypes",
      results.map(({ dtype }) => dtype),
    ),
    shapesAttribute(
      "result_shapes",
      results.map(({ shape }) => shape),
    ),
  ];
  return { name: node.name, op: "XlaCustomCallV2", inputs: node.inputs, attributes };
}
