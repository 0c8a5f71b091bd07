import { memory } from "@tensorflow/tfjs-core";
import { readSync, type HostArray } from "../memory.ts";
import { paths, tensors, type Tree } from "../tree/tree.ts";

/** What must hold of every implementation of an interface: a sentence, and a check of it that throws where it does not. */
export type Law = { readonly says: string; readonly holds: () => void | Promise<void> };

/** The tensors of a tree by path, on the host. */
export function numbers(tree: Tree): readonly { readonly path: string; readonly dtype: string; readonly array: HostArray }[] {
  const xs = tensors(tree);
  const arrays = xs.map((x) => readSync(x) as HostArray);
  return paths(tree).map((path, i) => ({ path, dtype: xs[i]!.dtype, array: arrays[i]! }));
}

/** Paths, dtypes and shapes: what a state must keep. */
function structure(tree: Tree): string {
  return tensors(tree)
    .map((x, i) => `${paths(tree)[i]}: ${x.dtype} [${x.shape.join(", ")}]`)
    .join("; ");
}

/** Refuses trees whose tensors differ by more than `within`, relative to the larger of 1 and the expected value; NaN equals NaN. */
export function sameNumbers(what: string, actual: Tree, expected: Tree, within = 0): void {
  sameStructure(what, actual, expected);
  const found = numbers(actual);
  for (const [i, { path, array }] of numbers(expected).entries()) {
    const got = found[i]!.array.data;
    array.data.forEach((y, j) => {
      const x = got[j]!;
      if (Object.is(x, y) || x === y || Math.abs(x - y) <= within * Math.max(1, Math.abs(y))) return;
      throw new Error(`Expected ${what}: got ${x} in place of ${y} at element ${j} of "${path}"${within > 0 ? `, more than ${within} off` : ""}`);
    });
  }
}

export function sameStructure(what: string, actual: Tree, expected: Tree): void {
  const [got, wanted] = [structure(actual), structure(expected)];
  if (got !== wanted) throw new Error(`Expected ${what}: got ${got} in place of ${wanted}`);
}

/** Refuses arguments that were freed, or whose numbers changed, while `body` had them. */
export function borrowing(what: string, argument: Tree, body: () => void): void {
  const before = numbers(argument).map(({ array }) => Array.from(array.data));
  body();
  for (const [i, x] of tensors(argument).entries()) {
    const path = paths(argument)[i]!;
    if (x.isDisposed) throw new Error(`Expected ${what} to be borrowed: "${path}" was freed`);
    const after = x.dataSync();
    if (before[i]!.some((value, j) => !Object.is(value, after[j]))) throw new Error(`Expected ${what} to be borrowed: "${path}" was changed`);
  }
}

/** Refuses a body that keeps more tensors the more often it runs. */
export function steadyCount(what: string, times: number, body: (i: number) => void): void {
  body(0);
  const before = memory().numTensors;
  for (let i = 1; i <= times; i++) body(i);
  const after = memory().numTensors;
  if (after !== before) throw new Error(`Expected ${what} to keep the number of tensors: ${before} after one, ${after} after ${times + 1}`);
}
