import { memory } from "@tensorflow/tfjs-core";

function counted(): { readonly tensors: number; readonly buffers: number } {
  const { numTensors, numDataBuffers } = memory();
  return { tensors: numTensors, buffers: numDataBuffers };
}

function compared(before: ReturnType<typeof counted>): void {
  const after = counted();
  if (after.tensors === before.tensors && after.buffers === before.buffers) return;
  const signed = (n: number) => (n >= 0 ? `+${n}` : `${n}`);
  throw new Error(
    `Expected no tensor to leak: got ${signed(after.tensors - before.tensors)} tensors (${before.tensors} before, ${after.tensors} after) and ${signed(after.buffers - before.buffers)} buffers`,
  );
}

/**
 * Runs `body`, and holds it to leaving as many tensors and data buffers as it found.
 *
 * What `body` returns must hold no tensor of its own. A body that throws is not counted: its error passes through.
 *
 * @throws Error with the counts, if they differ afterwards
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { scoped } from "@lab/tensor-core";
 * import { noLeaks } from "@lab/tensor-core/testing";
 * noLeaks(() => scoped(() => scalar(2).dataSync()[0])); // => 2
 * ```
 */
export function noLeaks<T>(body: () => Promise<T>): Promise<T>;
export function noLeaks<T>(body: () => T): T;
export function noLeaks<T>(body: () => T | Promise<T>): T | Promise<T> {
  const before = counted();
  const result = body();
  if (result instanceof Promise) {
    return result.then((value) => {
      compared(before);
      return value;
    });
  }
  compared(before);
  return result;
}
