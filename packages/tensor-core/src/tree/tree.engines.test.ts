import fc from "fast-check";
import { add, mul, scalar, tensor1d, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { key, keyOf, type Key } from "../random/key.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { map, paths, size, tensors, withTensors, type Tree } from "./tree.ts";

await engine();

/** Trees in outline: numbers in place of tensors, so that they can be shown, shrunk and made again. */
type Outline = number | "text" | boolean | null | readonly Outline[] | { readonly [name: string]: Outline };
const { outline } = fc.letrec<{ outline: Outline }>((tie) => ({
  outline: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.integer({ min: -9, max: 9 }),
    fc.constantFrom("text" as const, true, false, null),
    fc.array(tie("outline"), { maxLength: 3 }),
    // Names that look like whole numbers come first in a record, whatever the order they were given in.
    fc.dictionary(fc.stringMatching(/^[a-z_]{1,4}$/), tie("outline"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

function grown(from: Outline): Tree {
  if (typeof from === "number") return scalar(from);
  if (typeof from !== "object" || from === null) return from;
  return Array.isArray(from) ? from.map(grown) : Object.fromEntries(Object.entries(from).map(([name, child]) => [name, grown(child)]));
}

function drawn(tree: Tree): Outline {
  if (typeof tree !== "object" || tree === null) return tree as Outline;
  if ("dataId" in tree) return (tree as Tensor).dataSync()[0]!;
  return Array.isArray(tree) ? tree.map(drawn) : Object.fromEntries(Object.entries(tree).map(([name, child]) => [name, drawn(child)]));
}

const property = (check: (tree: Tree, from: Outline) => void): void =>
  fc.assert(
    fc.property(outline, (from) => noLeaks(() => scoped(() => void check(grown(from), from)))),
    { seed: 1, numRuns: 200 },
  );

describe("laws of trees", () => {
  it("withTensors(t, tensors(t)) is t", () => property((tree, from) => expect(drawn(withTensors(tree, tensors(tree)))).toEqual(from)));

  it("tensors(withTensors(t, xs)) is xs", () =>
    property((tree) => {
      const xs = tensors(tree).map((_, i) => scalar(i));
      tensors(withTensors(tree, xs)).forEach((x, i) => expect(x).toBe(xs[i]));
    }));

  it("map(identity) is the identity, and map(f ∘ g) is map(f) ∘ map(g)", () =>
    property((tree, from) => {
      expect(drawn(map((x) => x, tree))).toEqual(from);
      const [f, g] = [(x: Tensor) => add(x, 1), (x: Tensor) => mul(x, 3)];
      expect(drawn(map((x) => f(g(x)), tree))).toEqual(drawn(map(f, map(g, tree))));
    }));

  it("map() over several trees meets their tensors in the order of tensors()", () =>
    property((tree) => {
      const met: [Tensor, Tensor][] = [];
      const other = map((x) => mul(x, 2), tree);
      map((x, y) => (met.push([x, y]), x), tree, other);
      expect(met.length).toBe(tensors(tree).length);
      met.forEach(([x, y], i) => expect([x, y]).toEqual([tensors(tree)[i], tensors(other)[i]]));
    }));

  it("paths(t) are as many as tensors(t), all different, and lead to them", () =>
    property((tree) => {
      const names = paths(tree);
      expect(new Set(names).size).toBe(tensors(tree).length);
      names.forEach((path, i) => {
        const at = path === "" ? tree : path.split(".").reduce((t, name) => (t as Record<string, Tree>)[name]!, tree as Tree);
        expect(at).toBe(tensors(tree)[i]);
      });
    }));
});

describe("trees", () => {
  it("size() counts scalars, not tensors", () => {
    expect(scoped(() => [size({ a: zeros([2, 3]), b: [scalar(1), "x", zeros([0])] }), size(null), size(zeros([4]))])).toEqual([7, 0, 4]);
  });

  it("a key is structure outside jit, and a tensor leaf inside", () => {
    const outside: { readonly k: Key; readonly n: number } = { k: key(5), n: 1 };
    expect([tensors(outside), paths(outside), map((x) => x, outside)]).toEqual([[], [], outside]);
    scoped(() => {
      const inside: Tree = { k: keyOf(tensor1d([1, 2], "int32")) };
      expect(paths(inside)).toEqual(["k.words"]);
      const moved = map((x) => add(x, tensor1d([1, 1], "int32")), inside) as { k: Key };
      expect(moved.k.kind).toBe("key");
      expect([...(moved.k.words as Tensor).dataSync()]).toEqual([2, 3]);
    });
  });

  it("map() names the path where a tree lacks a tensor", () => {
    const x = scalar(1);
    expect(() => map((a) => a, { deep: [x] }, { deep: [] as readonly Tree[] })).toThrow(
      new TypeError('Cannot map over trees: expected a tensor at "deep.0" of tree 2, got undefined'),
    );
    expect(() => map((a) => a, { deep: { w: x } }, { deep: { w: x } }, { deep: null })).toThrow('expected a tensor at "deep.w" of tree 3, got undefined');
    expect(() => map((a) => a, { w: x }, { w: null })).toThrow("got null");
    expect(() => map((a) => a, { w: x }, { w: { v: x } })).toThrow("got object");
    x.dispose();
  });

  it("withTensors() refuses too few tensors, and too many", () => {
    const x = scalar(1);
    expect(() => withTensors({ a: x, b: x }, [x])).toThrow(new RangeError("Cannot fill a tree: expected 2 tensors, got 1"));
    expect(() => withTensors({ a: x }, [x, x])).toThrow(new RangeError("Cannot fill a tree: expected 1 tensors, got 2"));
    x.dispose();
  });

  it("map() keeps the type of the first tree", () => {
    const x = scalar(1);
    expectTypeOf(map((a) => a, { w: x, name: "w" })).toEqualTypeOf<{ w: typeof x; name: string }>();
    x.dispose();
  });
});
