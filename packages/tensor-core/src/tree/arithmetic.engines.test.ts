import { scalar, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { add, axpy, dot, mul, norm, scale, sub, where, zerosLike } from "./arithmetic.ts";
import { tensors, type Tree } from "./tree.ts";

await engine();

const numbers = (tree: Tree): number[][] => tensors(tree).map((x) => [...x.dataSync()]);
const a = (): { w: Tensor; b: readonly [Tensor] } => ({
  w: tensor2d([
    [1, 2],
    [3, 4],
  ]),
  b: [tensor1d([-1, 0.5])],
});
const b = (): { w: Tensor; b: readonly [Tensor] } => ({
  w: tensor2d([
    [0, -2],
    [1, 8],
  ]),
  b: [tensor1d([2, 4])],
});
const checked = (body: () => void): void => noLeaks(() => scoped(body));

describe("arithmetic of trees", () => {
  it("add(), sub(), mul(), scale() and axpy() work leaf by leaf, each in its own order", () =>
    checked(() => {
      expect(numbers(add(a(), b()))).toEqual([
        [1, 0, 4, 12],
        [1, 4.5],
      ]);
      expect(numbers(sub(a(), b()))).toEqual([
        [1, 4, 2, -4],
        [-3, -3.5],
      ]);
      expect(numbers(mul(a(), b()))).toEqual([
        [0, -4, 3, 32],
        [-2, 2],
      ]);
      expect(numbers(scale(2, a()))).toEqual([
        [2, 4, 6, 8],
        [-2, 1],
      ]);
      expect(numbers(scale(scalar(-1), a()))).toEqual([
        [-1, -2, -3, -4],
        [1, -0.5],
      ]);
      // y + c x: c goes with the first tree.
      expect(numbers(axpy(10, a(), b()))).toEqual([
        [10, 18, 31, 48],
        [-8, 9],
      ]);
      expect(numbers(axpy(scalar(10), a(), b()))).toEqual([
        [10, 18, 31, 48],
        [-8, 9],
      ]);
    }));

  it("dot() and norm() run over all leaves together", () =>
    checked(() => {
      expect([...dot(a(), b()).dataSync()]).toEqual([0 - 4 + 3 + 32 - 2 + 2]);
      expect(norm(a()).dataSync()[0]).toBeCloseTo(Math.sqrt(1 + 4 + 9 + 16 + 1 + 0.25), 5);
      expect(dot(a(), b()).shape).toEqual([]);
    }));

  it("where() takes the whole of one tree or the other by a scalar, and NaN does not leak from the one left out", () =>
    checked(() => {
      const bad = {
        w: tensor2d([
          [NaN, 1],
          [1, 1],
        ]),
        b: [tensor1d([NaN, 0])],
      };
      expect(numbers(where(scalar(true, "bool"), a(), bad))).toEqual(numbers(a()));
      expect(numbers(where(scalar(false, "bool"), bad, a()))).toEqual(numbers(a()));
    }));

  it("zerosLike() keeps shapes and dtypes", () =>
    checked(() => {
      const [x, n] = tensors(zerosLike({ x: tensor1d([1, 2]), n: scalar(3, "int32") })) as [Tensor, Tensor];
      expect([x.dtype, x.shape, n.dtype, n.shape, ...numbers([x, n])]).toEqual(["float32", [2], "int32", [], [0, 0], [0]]);
    }));

  it("dot() refuses trees of unequal numbers of tensors, and none", () => {
    scoped(() => {
      expect(() => dot(a(), a().w)).toThrow(new TypeError("Cannot take a dot product: expected trees of equally many tensors, got 2 and 1"));
      expect(() => dot({}, {})).toThrow("got 0 and 0");
      expect(() => norm("text")).toThrow("got 0 and 0");
    });
  });
});
