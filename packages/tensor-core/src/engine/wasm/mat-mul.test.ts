import { grads, matMul, mul, range, cos, reshape, sum, type Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, draws, on, startBoth, type Numbers } from "./against-cpu.ts";

beforeAll(startBoth);

/** The product by its definition, in float64, batch axes broadcast. */
function oracle(a: Numbers, b: Numbers, transposeA: boolean, transposeB: boolean): Numbers {
  const [m, k, n] = [a.shape.at(transposeA ? -1 : -2)!, a.shape.at(transposeA ? -2 : -1)!, b.shape.at(transposeB ? -2 : -1)!];
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const padded = (x: Numbers): number[] => [...Array<number>(rank - x.shape.length + 2).fill(1), ...x.shape.slice(0, -2)];
  const [inA, inB] = [padded(a), padded(b)];
  const batch = inA.map((size, i) => (size === 1 ? inB[i]! : size));
  const values: number[] = [];
  const visit = (axis: number, atA: number, atB: number): void => {
    if (axis < rank) {
      for (let i = 0; i < batch[axis]!; i++) visit(axis + 1, atA * inA[axis]! + (inA[axis] === 1 ? 0 : i), atB * inB[axis]! + (inB[axis] === 1 ? 0 : i));
      return;
    }
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let total = 0;
        for (let i = 0; i < k; i++) {
          total += a.values[atA * m * k + (transposeA ? i * m + row : row * k + i)]! * b.values[atB * k * n + (transposeB ? column * k + i : i * n + column)]!;
        }
        values.push(total);
      }
    }
  };
  visit(0, 0, 0);
  return { shape: [...batch, m, n], dtype: "float32", values };
}

const flip = (shape: readonly number[], transpose: boolean): number[] => (transpose ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : [...shape]);

const pairs: [number[], number[]][] = [
  [
    [3, 4],
    [4, 5],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [7, 13],
    [13, 17],
  ],
  [
    [65, 130],
    [130, 33],
  ],
  [
    [2, 200],
    [200, 300],
  ],
  [
    [300, 200],
    [200, 2],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 4],
    [1, 4, 5],
  ],
  [
    [1, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [3, 4],
    [2, 4, 5],
  ],
  [
    [2, 1, 3, 4],
    [1, 3, 4, 5],
  ],
  [
    [3, 1, 20, 24],
    [1, 2, 24, 20],
  ],
  [
    [4, 33, 32],
    [4, 32, 31],
  ],
  [
    [2, 3, 20, 24],
    [2, 3, 24, 28],
  ],
  // Over the edges of tiles and of blocks of rows, of columns and of the sum.
  [
    [134, 300],
    [300, 21],
  ],
  [
    [5, 259],
    [259, 1031],
  ],
  [
    [2, 1, 67, 41],
    [3, 41, 39],
  ],
  [
    [3, 64, 70],
    [70, 68],
  ],
  [
    [0, 4],
    [4, 5],
  ],
  [
    [3, 0],
    [0, 5],
  ],
  [
    [2, 0, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 0],
    [2, 0, 5],
  ],
  [
    [0, 3, 4],
    [1, 4, 5],
  ],
];

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])("transposed %s, %s", (transposeA, transposeB) => {
  test.each(pairs)("matMul() of %j and %j is the sum of products, and leaks nothing", async (shapeA, shapeB) => {
    const draw = draws(7);
    const [a, b] = [draw(flip(shapeA, transposeA)), draw(flip(shapeB, transposeB))];
    const { results, leaked } = await on("wasm", [a, b], (x, y) => matMul(x, y, transposeA, transposeB));
    // k terms of at most 4, each rounded twice and summed in any order: k · u · Σ|ab|, and the first rounding.
    const k = shapeA.at(-1)!;
    expect(distance(results[0]!, oracle(a, b, transposeA, transposeB))).toBeLessThanOrEqual((k + 1) * 2 ** -24 * 4 * k);
    expect(results[0]!.shape).toEqual(oracle(a, b, transposeA, transposeB).shape);
    expect(leaked).toEqual([0, 0, 0]);
  });

  test.each(pairs)("matMul() of integers %j and %j is exact", async (shapeA, shapeB) => {
    const draw = draws(11);
    const [a, b] = [draw(flip(shapeA, transposeA), "int32", -9, 10), draw(flip(shapeB, transposeB), "int32", -9, 10)];
    const { results, leaked } = await on("wasm", [a, b], (x, y) => matMul(x, y, transposeA, transposeB));
    expect(distance(results[0]!, oracle(a, b, transposeA, transposeB))).toBe(0);
    expect(results[0]!.dtype).toBe("int32");
    expect(leaked).toEqual([0, 0, 0]);
  });

  test.each(pairs.filter(([a, b]) => !a.includes(0) && a.length === b.length && String(a.slice(0, -2)) === String(b.slice(0, -2))))(
    "the gradient of matMul() of %j and %j is that of plain JS",
    async (shapeA, shapeB) => {
      const draw = draws(13);
      const inputs = [draw(flip(shapeA, transposeA)), draw(flip(shapeB, transposeB))];
      const weighted = (x: Tensor, y: Tensor): Tensor => {
        const product = matMul(x, y, transposeA, transposeB);
        return sum(mul(product, cos(reshape(range(0, product.size), product.shape))));
      };
      const gradient = (...xs: Tensor[]): Tensor[] => grads(weighted as (...xs: Tensor[]) => never)(xs);
      const [ours, theirs] = [await on("wasm", inputs, gradient), await on("cpu", inputs, gradient)];
      // Sums over m or n terms of at most 2, on both sides.
      const terms = Math.max(shapeA.at(-2)!, shapeB.at(-1)!);
      for (const i of [0, 1]) expect(distance(ours.results[i]!, theirs.results[i]!)).toBeLessThanOrEqual(2 * (terms + 4) * 2 ** -24 * 2 * terms);
      expect(ours.leaked).toEqual([0, 0, 0]);
    },
  );
});

test("matMul() of unequal inner sizes says which", async () => {
  const draw = draws(1);
  await expect(on("wasm", [draw([2, 3]), draw([4, 5])], (x, y) => matMul(x, y))).rejects.toThrow(/inner/i);
});

test("a product beyond 2³¹ of integers wraps around as in C", async () => {
  const big: Numbers = { shape: [1, 1], dtype: "int32", values: [2 ** 30] };
  const four: Numbers = { shape: [1, 1], dtype: "int32", values: [6] };
  const { results } = await on("wasm", [big, four], (x, y) => matMul(x, y));
  expect(results[0]!.values[0]).toBe(-(2 ** 31));
});
