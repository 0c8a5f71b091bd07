import type { NativeBackend, TensorMetadata } from "../native-backend.ts";
import { withCustomCalls } from "./custom-call.ts";
import { boolAttribute, functionAttribute, savedModel, shapeAttribute, typeAttribute, typesAttribute, type FunctionDef, type Node } from "./graph-def.ts";
import { staged } from "./stages.ts";
import type { Traced } from "./trace.ts";

/** A graph in the engine: one call per run. */
export type CompiledGraph = {
  /** Runs on the handles of the arguments; the results are fresh handles. */
  run(ids: readonly number[]): TensorMetadata[];
  /** Frees the graph, but not what it captured: the trace may be loaded again. */
  forget(): void;
  /** Frees the graph and what it captured. */
  free(): void;
};

const UNUSED = "unused";

/** The traced function as one node of a graph, so that XLA can be told to compile it whole. */
function nodes(main: FunctionDef, xla: boolean): Node[] {
  const placeholders = main.inputs.map(({ name, dtype }): Node => ({ name, op: "Placeholder", inputs: [], attributes: [typeAttribute("dtype", dtype)] }));
  const call: Node = {
    name: "call",
    op: "PartitionedCall",
    inputs: main.inputs.map(({ name }) => name),
    attributes: [
      typesAttribute(
        "Tin",
        main.inputs.map(({ dtype }) => dtype),
      ),
      typesAttribute(
        "Tout",
        main.outputs.map(({ dtype }) => dtype),
      ),
      functionAttribute("f", main.name),
      ...(xla ? [boolAttribute("_XlaMustCompile", true)] : []),
    ],
  };
  return [...placeholders, call];
}

/** Loads a traced function into the engine. The file that carries it there is gone when this returns. */
export function load(backend: NativeBackend, traced: Traced, { xla }: { xla: boolean }): CompiledGraph {
  const { binding } = backend;
  const fs = process.getBuiltinModule("node:fs");
  const folder = fs.mkdtempSync(process.getBuiltinModule("node:path").join(process.getBuiltinModule("node:os").tmpdir(), "lab-jit-"));
  const none: Node = { name: UNUSED, op: "Placeholder", inputs: [], attributes: [typeAttribute("dtype", binding.TF_FLOAT), shapeAttribute("shape", [])] };
  // The binding cannot run a graph without inputs.
  const alone = traced.main.inputs.length === 0;
  const parts = xla ? staged(traced.main, traced.values) : undefined;
  const main = parts?.main ?? traced.main;
  let session: number;
  try {
    const graph = [...nodes(main, xla && parts === undefined), ...(alone ? [none] : [])];
    const functions = [main, ...(parts?.stages ?? []), ...traced.functions];
    fs.writeFileSync(`${folder}/saved_model.pb`, savedModel(graph, xla ? functions.map(withCustomCalls) : functions));
    session = binding.loadSavedModel(folder, "serve");
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const captures = alone ? [binding.createTensor([], binding.TF_FLOAT, new Float32Array(1))] : traced.captures;
  const inputNames = alone ? UNUSED : traced.main.inputs.map(({ name }) => name).join(",");
  const outputNames = traced.main.outputs.map((_, i) => `call:${i}`).join(",");
  return {
    run: (ids) => (outputNames === "" ? [] : binding.runSavedModel(session, [...ids, ...captures], inputNames, outputNames)),
    forget: () => binding.deleteSavedModel(session),
    free() {
      binding.deleteSavedModel(session);
      for (const id of captures) binding.deleteTensor(id);
    },
  };
}
