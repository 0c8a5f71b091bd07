import { Tensor } from "@tensorflow/tfjs-core";
import { isHostKey, isKey, keyOf } from "../random/key.ts";

/** What a tree ends in. Tensors are values; everything else is structure, and `jit` retraces when it changes. */
export type Leaf = Tensor | number | boolean | string | null | undefined;
/** Nested records and arrays with `L` at the leaves. */
export type Tree<L = Leaf> = L | readonly Tree<L>[] | { readonly [name: string]: Tree<L> };
/** The parameters of a model: a record at the root, tensors at the leaves. */
export type Params = { readonly [name: string]: Tree<Tensor> };

function isLeaf(tree: Tree): tree is Leaf {
  return tree instanceof Tensor || typeof tree !== "object" || tree === null;
}

function children(tree: Tree): [string, Tree][] {
  return isLeaf(tree) || (isKey(tree) && isHostKey(tree)) ? [] : Object.entries(tree as Record<string, Tree>);
}

/**
 * The tensors of a tree, in insertion order of names.
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { tensors } from "@lab/tensor-core";
 * tensors({ a: scalar(1), deep: [scalar(2), "not a tensor"] }).length; // => 2
 * ```
 */
export function tensors(tree: Tree): Tensor[] {
  const found: Tensor[] = [];
  collect(tree, found);
  return found;
}

/** Trees are walked once or twice in every step of whatever iterates, so their walks make as little as they can. */
function collect(tree: Tree, found: Tensor[]): void {
  if (tree instanceof Tensor) found.push(tree);
  else if (Array.isArray(tree)) for (const child of tree) collect(child as Tree, found);
  else if (typeof tree === "object" && tree !== null && !(isKey(tree) && isHostKey(tree)))
    for (const name in tree) collect((tree as Record<string, Tree>)[name], found);
}

/**
 * The path of each tensor of a tree, in the order of `tensors`: names joined by dots.
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { paths } from "@lab/tensor-core";
 * paths({ a: scalar(1), deep: [scalar(2)] }); // => [ 'a', 'deep.0' ]
 * ```
 */
export function paths(tree: Tree): string[] {
  if (tree instanceof Tensor) return [""];
  return children(tree).flatMap(([name, child]) => paths(child).map((rest) => (rest === "" ? name : `${name}.${rest}`)));
}

/**
 * The number of scalars in a tree: the dimension of the space its tensors live in.
 *
 * @example
 * ```ts
 * import { scalar, zeros } from "@tensorflow/tfjs-core";
 * import { size } from "@lab/tensor-core";
 * size({ kernel: zeros([3, 2]), bias: [scalar(1)] }); // => 7
 * ```
 */
export function size(tree: Tree): number {
  return tensors(tree).reduce((sum, x) => sum + x.size, 0);
}

type Tensors<Trees extends readonly Tree[]> = { readonly [I in keyof Trees]: Tensor };

/**
 * Applies `f` to corresponding tensors of trees that share a structure; other leaves pass through.
 *
 * @throws TypeError naming the path where a tree lacks the tensor that the first one has
 * @example
 * ```ts
 * import { mul, scalar } from "@tensorflow/tfjs-core";
 * import { map, tensors } from "@lab/tensor-core";
 * tensors(map((x) => mul(x, 2), { a: scalar(1), b: [scalar(2)] })).map(String); // => [ 'Tensor\n    2', 'Tensor\n    4' ]
 * ```
 */
export function map<T extends Tree, Others extends readonly Tree[]>(f: (x: Tensor, ...xs: Tensors<Others>) => Tensor, tree: T, ...others: Others): T {
  let reached = 0;
  function walk(t: Tree, os: readonly Tree[]): Tree {
    if (t instanceof Tensor) {
      const stray = os.findIndex((o) => !(o instanceof Tensor));
      if (stray >= 0)
        throw new TypeError(
          `Cannot map over trees: expected a tensor at "${paths(tree)[reached]}" of tree ${stray + 2}, got ${os[stray] === null ? "null" : typeof os[stray]}`,
        );
      reached++;
      return f(t, ...(os as unknown as Tensors<Others>));
    }
    if (isLeaf(t) || (isKey(t) && isHostKey(t))) return t;
    const below = (name: string): readonly Tree[] =>
      os.length === 0 ? os : os.map((o) => (typeof o === "object" && o !== null ? (o as Record<string, Tree>)[name] : undefined));
    if (Array.isArray(t)) return t.map((child: Tree, i) => walk(child, below(String(i))));
    const mapped: Record<string, Tree> = {};
    for (const name in t) mapped[name] = walk((t as Record<string, Tree>)[name], below(name));
    return isKey(t) ? (keyOf((mapped as { words: Parameters<typeof keyOf>[0] }).words) as Tree) : mapped;
  }
  return walk(tree, others) as T;
}

/**
 * A tree shaped like `like` with `xs` at its leaves: the inverse of `tensors`.
 *
 * @throws RangeError unless there are as many tensors as the tree holds
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { withTensors } from "@lab/tensor-core";
 * withTensors({ a: scalar(1), name: "b" }, [scalar(7)]).a.dataSync()[0]; // => 7
 * ```
 */
export function withTensors<T extends Tree>(like: T, xs: readonly Tensor[]): T {
  let i = 0;
  const filled = map((x) => xs[i++] ?? x, like);
  if (i !== xs.length) throw new RangeError(`Cannot fill a tree: expected ${i} tensors, got ${xs.length}`);
  return filled;
}
