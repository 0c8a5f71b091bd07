import { expect, test } from "vitest";
import type { HandleInfo } from "./frame.ts";
import type { FunctionDef, Node } from "./graph-def.ts";
import { staged } from "./stages.ts";

const FLOAT = 1;
const node = (name: string, op: string, ...inputs: string[]): Node => ({ name, op, inputs, attributes: [] });
const values = (main: FunctionDef): Map<string, HandleInfo> => {
  const edges = [...main.inputs.map(({ name }) => name), ...main.nodes.flatMap(({ inputs }) => inputs), ...main.outputs.map(({ from }) => from)];
  return new Map(edges.map((edge) => [edge, { dtype: FLOAT, shape: [2] }]));
};

/** y = relu(conv(relu(x), w) + c), and relu(x) as a second result. */
const network: FunctionDef = {
  name: "main",
  inputs: ["x", "w"].map((name) => ({ name, dtype: FLOAT })),
  outputs: [
    { name: "r0", dtype: FLOAT, from: "last:activations:0" },
    { name: "r1", dtype: FLOAT, from: "first:activations:0" },
  ],
  nodes: [
    node("c", "Const"),
    node("first", "Relu", "x"),
    node("convolution", "Conv2D", "first:activations:0", "w"),
    node("sum", "AddV2", "convolution:output:0", "c:output:0"),
    node("last", "Relu", "sum:z:0"),
  ],
};

test("staged() leaves a convolution to its kernel, between what XLA compiles", () => {
  const { main, stages } = staged(network, values(network))!;
  expect(stages.map(({ nodes }) => nodes.map(({ name }) => name))).toEqual([["first"], ["c", "sum", "last"]]);
  expect(main.nodes.map(({ name, inputs }) => [name, ...inputs])).toEqual([
    ["stage0", "x"],
    ["convolution", "stage0:output:0", "w"],
    ["stage1", "convolution:output:0"],
  ]);
  expect(main.outputs.map(({ from }) => from)).toEqual(["stage1:output:0", "stage0:output:0"]);
});

test("staged() keeps every stage's arguments in the order of its declared inputs", () => {
  const { stages } = staged(network, values(network))!;
  expect(stages[1]!.inputs).toEqual([{ name: "x0", dtype: FLOAT }]);
  expect(stages[1]!.nodes.find(({ name }) => name === "sum")!.inputs).toEqual(["x0", "c:output:0"]);
});

test("staged() has nothing to do where XLA compiles everything well", () => {
  const plain = { ...network, nodes: network.nodes.filter(({ op }) => op !== "Conv2D"), outputs: [network.outputs[1]!] };
  expect(staged(plain, values(plain))).toBeUndefined();
});

test("staged() hands a constant or an argument through as a result", () => {
  const through: FunctionDef = {
    ...network,
    outputs: [...network.outputs, { name: "r2", dtype: FLOAT, from: "c:output:0" }, { name: "r3", dtype: FLOAT, from: "w" }],
  };
  const { main } = staged(through, values(through))!;
  expect(main.outputs.slice(2).map(({ from }) => from)).toEqual(["c:output:0", "w"]);
  expect(main.nodes.map(({ name }) => name)).toContain("c");
});
