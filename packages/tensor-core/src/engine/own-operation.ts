import { engine, type Tensor } from "@tensorflow/tfjs-core";
import { nativeBackend, ownKernels, type OpAttribute } from "./native-backend.ts";

/** Attributes of an operation of ours: whole numbers, lists of them, and yes or no; ε is a real number. */
type Attributes = { readonly [name: string]: number | boolean | readonly number[] };

const REALS = new Set(["eps"]);

/**
 * Whether operations of ours can stand in for a composition here: the native engine has them, and nobody asks for second derivatives, which they lack.
 *
 * Within the outermost gradient the depth is 1; it is more where a gradient is itself differentiated.
 */
export function hasOwnOperations(): boolean {
  const { state, backendName } = engine();
  return ownKernels().rows && backendName === "tensorflow" && state.gradientDepth <= 1;
}

/** An operation of ours on tensors: so many results, float32. */
export function ownOperation(op: string, inputs: readonly Tensor[], { results = 1, ...attributes }: Attributes & { readonly results?: number } = {}): Tensor[] {
  const backend = nativeBackend()!;
  const { binding } = backend;
  const written = Object.entries({ results_count: results, ...attributes }).map(([name, value]): OpAttribute => {
    const type = typeof value === "boolean" ? binding.TF_ATTR_BOOL : REALS.has(name) ? binding.TF_ATTR_FLOAT : binding.TF_ATTR_INT;
    return { name, type, value };
  });
  return binding.executeOp(op, written, backend.getInputTensorIds(inputs), results).map((result) => backend.createOutputTensor(result));
}
