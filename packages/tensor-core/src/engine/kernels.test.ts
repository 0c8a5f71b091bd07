import { matMul, mul, tensor, type Tensor } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engine } from "../engine.ts";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { DOMAIN, hostWords, key, type HostKey, type Key } from "../random/key.ts";
import { normal } from "../random/draw.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { hasKernels, hasVectors, isWritten, kernelsName } from "./kernels.ts";
import { ownKernels } from "./native-backend.ts";

const { name } = await engine();

/** op(a) op(b) and |op(a)| |op(b)| in float64. */
function product(
  a: Float32Array,
  b: Float32Array,
  [batch, rows, columns, depth]: readonly [number, number, number, number],
  turnedA: boolean,
  turnedB: boolean,
) {
  const values = new Float64Array(batch * rows * columns);
  const sizes = new Float64Array(batch * rows * columns);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let k = 0; k < depth; k++) {
          const x = a[n * rows * depth + (turnedA ? k * rows + i : i * depth + k)]!;
          const y = b[n * columns * depth + (turnedB ? j * depth + k : k * columns + j)]!;
          values[(n * rows + i) * columns + j]! += x * y;
          sizes[(n * rows + i) * columns + j]! += Math.abs(x * y);
        }
  return { values, sizes };
}

describe("matMul() on our own kernel", () => {
  const jitted = [true, false].map((turnedA) => [true, false].map((turnedB) => jit((a: Tensor, b: Tensor) => matMul(a, b, turnedA, turnedB))));
  const plain = jit((a: Tensor, b: Tensor) => matMul(a, b), { xla: false });

  /** A sum of n rounded products is within n u of Σ|a b|, u = 2⁻²⁴ [Higham2002, §3.1]; the products left out add 3 u. */
  function isNear(shape: readonly [number, number, number, number], turnedA: boolean, turnedB: boolean, compiled: boolean, exponent: number): void {
    const [batch, rows, columns, depth] = shape;
    scoped(() => {
      const a = normal(key(rows), turnedA ? [batch, depth, rows] : [batch, rows, depth]);
      const b = mul(normal(key(columns + 1000), turnedB ? [batch, columns, depth] : [batch, depth, columns]), 2 ** exponent);
      const c = compiled ? jitted[turnedA ? 0 : 1]![turnedB ? 0 : 1]!(a, b) : matMul(a, b, turnedA, turnedB);
      const expected = product(a.dataSync() as Float32Array, b.dataSync() as Float32Array, shape, turnedA, turnedB);
      const got = c.dataSync();
      for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - expected.values[i]!)).toBeLessThanOrEqual((depth + 3) * 2 ** -24 * expected.sizes[i]!);
    });
  }

  test("matMul() is as near to the product as float32 comes, whatever the sizes, batches and transpositions", () => {
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 8, max: 130 }),
      fc.integer({ min: 8, max: 130 }),
      fc.integer({ min: 8, max: 200 }),
    );
    fc.assert(fc.property(sizes, fc.boolean(), fc.boolean(), fc.boolean(), fc.integer({ min: -20, max: 20 }), isNear), { numRuns: 40, seed: 1 });
  });

  test("matMul() is as near to the product of few rows, which take another way", () => {
    const sizes = fc.tuple(fc.constant(1), fc.integer({ min: 1, max: 18 }), fc.integer({ min: 300, max: 1200 }), fc.integer({ min: 100, max: 500 }));
    fc.assert(fc.property(sizes, fc.constant(false), fc.boolean(), fc.boolean(), fc.constant(0), isNear), { numRuns: 30, seed: 1 });
  });

  test("matMul() is as near to the product where a factor is cut along its depth and its columns", () => {
    const sizes = fc.tuple(fc.constant(1), fc.integer({ min: 17, max: 60 }), fc.integer({ min: 250, max: 600 }), fc.integer({ min: 500, max: 1300 }));
    fc.assert(fc.property(sizes, fc.boolean(), fc.boolean(), fc.boolean(), fc.constant(0), isNear), { numRuns: 12, seed: 1 });
  });

  test("matMul() is the same in a call of its own, in a compiled graph and in one that XLA does not compile", () => {
    noLeaks(() =>
      scoped(() => {
        const [a, b] = [normal(key(1), [300, 200]), normal(key(2), [200, 100])];
        const alone = [...matMul(a, b).dataSync()];
        if (!ownKernels().matMul) return;
        expect([...jitted[1]![1]!(a, b).dataSync()]).toEqual(alone);
        expect([...plain(a, b).dataSync()]).toEqual(alone);
      }),
    );
  });

  test("matMul() keeps infinities, NaN and zeros where they belong", () => {
    scoped(() => {
      const values = new Float32Array(64 * 64).fill(1);
      values[5 * 64 + 3] = Infinity;
      values[9 * 64 + 1] = NaN;
      values.fill(0, 20 * 64, 21 * 64);
      values[40 * 64] = 3.4e38;
      const c = matMul(tensor(values, [64, 64]), tensor(new Float32Array(64 * 64).fill(0.5), [64, 64])).dataSync();
      expect(c[5 * 64]).toBe(Infinity);
      expect(c[9 * 64]).toBeNaN();
      expect(c[20 * 64 + 7]).toBe(0);
      expect(c[40 * 64] as number).toBeCloseTo(1.7e38, -34);
      expect(c[0]).toBe(32);
    });
  });
});

test("normal() of many draws is the transform of Box and Muller of the key's words, in a call of its own and in a graph", () => {
  const n = 100_003;
  const half = Math.ceil(n / 2);
  const words = hostWords(key(7) as HostKey, 2 * half, DOMAIN.draw);
  const inGraph = jit((k: Key) => normal(k, [n]));
  scoped(() => {
    const draws = [normal(key(7), [n]).dataSync(), inGraph(key(7)).dataSync()];
    for (let i = 0; i < half; i++) {
      const [first, second] = [words[i]!, words[half + i]!];
      const radius = Math.sqrt(-2 * Math.log(((first & (2 ** 23 - 1)) + 0.5) / 2 ** 23));
      const angle = (((second & (2 ** 24 - 1)) - 2 ** 23 + 0.5) / 2 ** 24) * (Math.PI / 2);
      const along = (second >>> 31 === 1 ? -1 : 1) * radius * Math.cos(angle);
      const across = radius * Math.sin(angle);
      const [x, y] = (second & (2 ** 24)) !== 0 ? [across, along] : [along, across];
      // Radius, polynomial and product are each within two units in the last place of float32.
      for (const z of draws) {
        expect(Math.abs(z[i]! - x)).toBeLessThanOrEqual(6 * 2 ** -24 * Math.abs(x) + 2 ** -40);
        if (half + i < n) expect(Math.abs(z[half + i]! - y)).toBeLessThanOrEqual(6 * 2 ** -24 * Math.abs(y) + 2 ** -40);
      }
    }
  });
});

test.runIf(name === "native" && isWritten())("the kernels of this machine are compiled, loaded and use what the processor has", () => {
  expect(kernelsName()).toMatch(/^kernels-[0-9a-f]{16}\.node$/);
  expect(hasKernels("nowhere")).toBe(false);
  expect(ownKernels()).toEqual({ normal: true, matMul: hasVectors(), rows: hasVectors() });
});
