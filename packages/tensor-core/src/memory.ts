import { clone, engine, keep, tidy, type Tensor, type TensorContainer } from "@tensorflow/tfjs-core";
import ndarray, { type NdArray } from "ndarray";
import { map, tensors, type Tree } from "./tree/tree.ts";

/**
 * Runs `body`, keeping the tensors it returns and freeing every other one it made.
 *
 * @throws what `body` throws; what it had made until then is freed
 * @example
 * ```ts
 * import { add, scalar } from "@tensorflow/tfjs-core";
 * import { scoped } from "@lab/tensor-core";
 * scoped(() => add(scalar(1), scalar(2))).dataSync()[0]; // => 3
 * ```
 */
export function scoped<T>(body: () => T): T {
  return tidy(body as () => TensorContainer) as T;
}

/**
 * Handles on the tensors of a tree that outlive the scope it was made in and are nobody else's: those that this scope made, and fresh ones, of shared data, on
 * what was there before, or is in the tree twice.
 */
function retained<T extends Tree>(tree: T): T {
  const scope = engine().state.activeScope.id;
  return map((x) => keep(x.scopeId === scope && !x.kept ? x : clone(x)), tree);
}

function release(tree: Tree): void {
  for (const x of tensors(tree)) x.dispose();
}

/**
 * The only mutable owner of tensors in the library. Arguments are borrowed, results belong to the enclosing scope, only `Owned` frees.
 *
 * Declare with `using`, so that leaving the block frees what it holds.
 *
 * @example
 * ```ts
 * import { add, memory, scalar } from "@tensorflow/tfjs-core";
 * import { Owned } from "@lab/tensor-core";
 * const before = memory().numTensors;
 * const seen: number[] = [];
 * {
 *   using state = new Owned(() => ({ count: scalar(0) }));
 *   for (let i = 0; i < 3; i++) {
 *     using info = state.advance(({ count }) => [{ count: add(count, 1) }, { was: count }]);
 *     seen.push(...info.value.was.dataSync());
 *   }
 *   seen.push(...state.value.count.dataSync());
 * }
 * [seen, memory().numTensors - before]; // => [ [ 0, 1, 2, 3 ], 0 ]
 * ```
 */
export class Owned<T extends Tree> implements Disposable {
  #value: T;

  constructor(body: () => T) {
    this.#value = scoped(() => retained(body()));
  }

  /** The tensors, borrowed: do not free them, and do not use them after this owner is disposed of. */
  get value(): T {
    return this.#value;
  }

  /** Replaces the value by `step(value)`; returns, owned, what else the step reported. A step that throws leaves the value as it was. */
  advance<Info extends Tree>(step: (value: T) => readonly [T, Info]): Owned<Info> {
    const before = this.#value;
    const info = new Owned<Info | undefined>(() => undefined);
    this.#value = scoped(() => {
      const [value, extra] = step(before);
      const next = retained(value);
      info.#value = retained(extra);
      return next;
    });
    release(before);
    return info as Owned<Info>;
  }

  [Symbol.dispose](): void {
    release(this.#value);
  }
}

/**
 * An owner of what `body` returns; everything else that `body` made is freed.
 *
 * @example
 * ```ts
 * import { memory, tensor1d } from "@tensorflow/tfjs-core";
 * import { own } from "@lab/tensor-core";
 * const before = memory().numTensors;
 * { using x = own(() => ({ x: tensor1d([1, 2]) })); x.value.x.size; }
 * memory().numTensors - before; // => 0
 * ```
 */
export function own<T extends Tree>(body: () => T): Owned<T> {
  return new Owned(body);
}

/** Numbers on the host, with the strides and the shape of the tensor they came from. */
export type HostArray = NdArray<Float32Array | Int32Array | Uint8Array>;
/** The same tree with a host array at each tensor. */
export type HostTree<T> = T extends Tensor
  ? HostArray
  : T extends readonly (infer E)[]
    ? readonly HostTree<E>[]
    : T extends object
      ? { readonly [Name in keyof T]: HostTree<T[Name]> }
      : T;

function onHost(x: Tensor, data: Float32Array | Int32Array | Uint8Array): HostArray {
  return ndarray(data, x.shape);
}

/**
 * The numbers of a tree of tensors, as `ndarray`s: the one place where tensors cross to the number world.
 *
 * @throws TypeError inside a traced function, where there are no numbers yet
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { read } from "@lab/tensor-core";
 * const { x } = await read({ x: tensor2d([[1, 2], [3, 4]]) });
 * [x.shape, x.get(1, 0)]; // => [ [ 2, 2 ], 3 ]
 * ```
 */
export async function read<T extends Tree>(tree: T): Promise<HostTree<T>> {
  const xs = tensors(tree);
  const data = await Promise.all(xs.map((x) => x.data()));
  return filled(
    tree,
    xs.map((x, i) => onHost(x, data[i]!)),
  );
}

/**
 * `read` without a pause: it holds up a browser's page.
 *
 * @throws TypeError inside a traced function, where there are no numbers yet
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { readSync } from "@lab/tensor-core";
 * const { x, name } = readSync({ x: tensor1d([1, 2]), name: "kept" });
 * [x.get(1), name]; // => [ 2, 'kept' ]
 * ```
 */
export function readSync<T extends Tree>(tree: T): HostTree<T> {
  return filled(
    tree,
    tensors(tree).map((x) => onHost(x, x.dataSync())),
  );
}

function filled<T extends Tree>(tree: T, arrays: readonly HostArray[]): HostTree<T> {
  let i = 0;
  function walk(t: Tree): unknown {
    if (tensors(t).length === 0) return t;
    if (typeof (t as Tensor).dataId === "object") return arrays[i++];
    if (Array.isArray(t)) return t.map(walk);
    return Object.fromEntries(Object.entries(t as Record<string, Tree>).map(([name, child]) => [name, walk(child)]));
  }
  return walk(tree) as HostTree<T>;
}
