import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "./autodiff.ts";
import { engine } from "./engine.ts";
import { nativeBackend } from "./engine/native-backend.ts";
import { iterate, jit } from "./jit.ts";
import { scoped } from "./memory.ts";
import { normal } from "./random/draw.ts";
import { key, type Key } from "./random/key.ts";
import { foldIn } from "./random/split.ts";
import { noLeaks } from "./testing/no-leaks.ts";
import { axpy } from "./tree/arithmetic.ts";
import type { Tree } from "./tree/tree.ts";

await engine();

const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];
/** The numbers of what a body returns, in a scope that must be clean. */
const read = (body: () => tf.Tensor): number[] => noLeaks(() => scoped(() => numbers(body())));

describe("jit()", () => {
  it("jit() takes and returns trees, with numbers, strings and null as they are", () => {
    using f = jit(({ a, deep: [b], name }: { a: tf.Tensor; deep: readonly [tf.Tensor]; name: string }, n: number) => ({
      sum: tf.add(a, b),
      twice: [tf.mul(a, n)],
      name,
      none: null,
      count: n,
    }));
    noLeaks(() =>
      scoped(() => {
        const result = f({ a: tf.scalar(1), deep: [tf.scalar(2)], name: "x" }, 2);
        expect({ ...result, sum: numbers(result.sum), twice: result.twice.map(numbers) }).toEqual({ sum: [3], twice: [[2]], name: "x", none: null, count: 2 });
      }),
    );
  });

  it("jit() of a function without inputs, without outputs, or with neither", () => {
    using constant = jit(() => tf.mul(tf.tensor1d([1, 2]), 3));
    expect(read(() => constant())).toEqual([3, 6]);
    expect(read(() => constant())).toEqual([3, 6]);
    using nothing = jit((x: tf.Tensor) => ({ none: x.shape.length }));
    using empty = jit(() => null);
    noLeaks(() =>
      scoped(() => {
        for (let i = 0; i < 2; i++) expect(nothing(tf.zeros([2]))).toEqual({ none: 1 });
        for (let i = 0; i < 2; i++) expect(empty()).toBe(null);
      }),
    );
  });

  it("jit() hands inputs through, and gives one result twice, as tensors of their own", () => {
    using f = jit((x: tf.Tensor, y: tf.Tensor) => ({ x, y, again: x, sum: tf.add(x, y) }));
    using twice = jit((x: tf.Tensor) => {
      const y = tf.mul(x, 2);
      return [y, y];
    });
    noLeaks(() =>
      scoped(() => {
        const [x, y] = [tf.scalar(1), tf.scalar(5)];
        for (let i = 0; i < 2; i++) {
          const result = f(x, y);
          expect([result.x, result.y, result.again, result.sum].map((t) => numbers(t)[0])).toEqual([1, 5, 1, 6]);
          // Where there are no graphs, jit(f) is f, and hands through the very tensor.
          if (nativeBackend() !== undefined) tf.dispose([result.x, result.again]);
          expect(numbers(x)).toEqual([1]);
          const [first, second] = twice(x) as [tf.Tensor, tf.Tensor];
          expect([numbers(first), numbers(second)]).toEqual([[2], [2]]);
        }
      }),
    );
  });

  it("jit() keeps dtypes: int32 and bool in and out, and no size at all", () => {
    using f = jit((i: tf.Tensor, b: tf.Tensor, none: tf.Tensor) => [tf.add(i, tf.scalar(1, "int32")), tf.logicalNot(b), tf.concat([none, none])]);
    noLeaks(() =>
      scoped(() => {
        for (let j = 0; j < 2; j++) {
          const [i, b, none] = f(tf.tensor1d([2 ** 30, -5], "int32"), tf.tensor1d([true, false], "bool"), tf.zeros([0, 3])) as [
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
          ];
          expect([i.dtype, b.dtype, none.shape]).toEqual(["int32", "bool", [0, 3]]);
          expect([numbers(i), numbers(b)]).toEqual([
            [2 ** 30 + 1, -4],
            [0, 1],
          ]);
        }
      }),
    );
  });

  it("jit() closes over tensors as they were, small and large, even after they are freed outside", () => {
    const [small, large] = [tf.scalar(3), tf.fill([40_000], 0.5)];
    using f = jit((x: tf.Tensor) => tf.add(tf.sum(tf.mul(large, x)), small));
    const before = tf.memory().numTensors;
    expect(scoped(() => numbers(f(tf.scalar(1))))).toEqual([20_003]);
    expect(tf.memory().numTensors).toBe(before);
    expect(scoped(() => numbers(f(tf.scalar(2))))).toEqual([40_003]);
    tf.dispose([small, large]);
    // Where there are no graphs, jit(f) is f, and needs what it closes over.
    if (f.traces === 1) expect(scoped(() => numbers(f(tf.scalar(3))))).toEqual([60_003]);
  });

  it("jit() copies large values made inside once, and right", () => {
    const values = Float32Array.from({ length: 30_000 }, (_, i) => i % 7);
    const total = values.reduce((a, b) => a + b, 0);
    using f = jit((x: tf.Tensor) => tf.sum(tf.mul(tf.tensor1d(values), x)));
    for (const c of [1, 2, 3]) expect(read(() => f(tf.scalar(c)))).toEqual([c * total]);
  });

  it("jit() inside jit, and inside valueAndGrad, is the function itself", () => {
    using cube = jit((x: tf.Tensor) => tf.mul(x, tf.square(x)));
    using outer = jit((x: tf.Tensor) => tf.add(cube(x), cube(tf.add(x, 1))));
    expect(read(() => outer(tf.scalar(2)))).toEqual([35]);
    expect(cube.traces).toBe(0);
    using slope = jit((x: tf.Scalar) => valueAndGrad(({ y }: { y: tf.Tensor }) => cube(y) as tf.Scalar)({ y: x }).grad.y);
    for (const x of [2, 3]) expect(read(() => slope(tf.scalar(x)))).toEqual([3 * x ** 2]);
  });

  it("jit() of a function that throws lets the error through, leaks nothing, and goes on working", () => {
    using f = jit((x: tf.Tensor, bad: boolean) => {
      const y = tf.mul(x, 2);
      if (bad) throw new RangeError("mine");
      return y;
    });
    for (let i = 0; i < 3; i++) expect(() => noLeaks(() => scoped(() => f(tf.scalar(1), true)))).toThrow("mine");
    noLeaks(() =>
      scoped(() => {
        expect(() => f(tf.scalar(1), true)).toThrow("mine");
      }),
    );
    expect(read(() => f(tf.scalar(4), false))).toEqual([8]);
  });

  it("jit() refuses a function among its arguments, and a number of graphs that is none", () => {
    using f = jit((g: unknown) => g);
    if (nativeBackend() !== undefined) expect(() => f({ g: () => 1 })).toThrow("got a function at argument.0.g");
    for (const maxGraphs of [0, 1.5, NaN]) expect(() => jit(() => null, { maxGraphs })).toThrow(`at least 1, got ${maxGraphs}`);
  });
});

describe("iterate()", () => {
  type Pair = { readonly x: tf.Tensor; readonly n: tf.Tensor };
  const step = ({ x, n }: Pair, i: tf.Scalar): Pair => ({ x: tf.add(tf.mul(x, 1.5), tf.cast(i, "float32")), n: tf.add(n, i) });
  const start = (): Pair => ({ x: tf.tensor1d([1, 2]), n: tf.scalar(0, "int32") });
  const exact = (steps: number): number[] => {
    let [a, b, n] = [1, 2, 0];
    for (let i = 0; i < steps; i++) [a, b, n] = [a * 1.5 + i, b * 1.5 + i, n + i];
    return [a, b, n];
  };
  const both = ({ x, n }: Pair): number[] => [...numbers(x), ...numbers(n)];

  for (const steps of [0, 1, 2, 10]) {
    it(`iterate() of ${steps} steps, a number or a tensor, in and out of jit`, () => {
      using counted = jit((state: Pair, n: tf.Scalar) => iterate(n, step, state));
      using fixed = jit((state: Pair) => iterate(steps, step, state));
      noLeaks(() =>
        scoped(() => {
          const results = [
            iterate(steps, step, start()),
            iterate(tf.scalar(steps, "int32"), step, start()),
            counted(start(), tf.scalar(steps, "int32")),
            fixed(start()),
            fixed(start()),
          ];
          for (const result of results) expect(both(result)).toEqual(exact(steps));
        }),
      );
    });
  }

  it("iterate() decides its number of steps at each call, without a new trace", () => {
    using f = jit((state: Pair, n: tf.Scalar) => iterate(n, step, state));
    scoped(() => {
      for (const n of [3, 0, 7]) expect(both(f(start(), tf.scalar(n, "int32")))).toEqual(exact(n));
    });
    expect(f.traces).toBeLessThanOrEqual(1);
  });

  it("iterate() ends after the step from which `until` holds, in and out of jit, at the latest after all steps", () => {
    const doubled = (x: tf.Scalar, limit: number): tf.Scalar => iterate(10, (at: tf.Scalar) => tf.mul(at, 2), x, { until: (at) => tf.greater(at, limit) });
    for (const limit of [1, 50, 1e9]) {
      using compiled = jit((x: tf.Scalar) => doubled(x, limit));
      const expected = Math.min(2 ** 10, 2 ** Math.max(1, Math.floor(Math.log2(limit)) + 1));
      expect(scoped(() => [compiled(tf.scalar(1)).dataSync()[0], doubled(tf.scalar(1), limit).dataSync()[0]])).toEqual([expected, expected]);
    }
  });

  it("iterate() inside iterate(), over tensors and keys from around both", () => {
    const nested = (x: tf.Tensor, c: tf.Tensor, k: Key): tf.Tensor =>
      iterate(
        3,
        (outer, i) =>
          iterate(2, (inner, j) => tf.add(tf.add(inner, tf.mul(c, tf.cast(tf.add(i, j), "float32"))), tf.mul(normal(foldIn(k, i)), 0)), tf.mul(outer, 2)),
        x,
      );
    using f = jit(nested);
    // x ← 2x + c(i + 0) + c(i + 1), i = 0, 1, 2
    const expected = (x: number, c: number): number => [0, 1, 2].reduce((s, i) => 2 * s + c * (2 * i + 1), x);
    scoped(() => {
      for (const [x, c] of [
        [1, 1],
        [2, -3],
      ] as const) {
        expect(numbers(nested(tf.scalar(x), tf.scalar(c), key(1)))).toEqual([expected(x, c)]);
        expect(numbers(f(tf.scalar(x), tf.scalar(c), key(1)))).toEqual([expected(x, c)]);
      }
    });
  });

  it("iterate() draws by the step's own key, the same in and out of jit", () => {
    const walk = (k: Key): tf.Tensor => iterate(20, (x, i) => tf.add(x, normal(foldIn(k, i), [3])), tf.zeros([3]) as tf.Tensor);
    using f = jit(walk);
    scoped(() => {
      for (const seed of [1, 2]) {
        const [inside, outside] = [numbers(f(key(seed))), numbers(walk(key(seed)))];
        // 20 additions and as many draws, each within 4 units of 2⁻²⁴ of numbers below 16.
        inside.forEach((x, i) => expect(Math.abs(x - outside[i]!)).toBeLessThan(20 * 5 * 16 * 2 ** -24));
      }
    });
  });

  it("iterate() descends a gradient taken inside its body", () => {
    type P = { readonly w: tf.Tensor };
    const loss = ({ w }: P): tf.Scalar => tf.sum(tf.square(tf.sub(w, tf.tensor1d([3, -1]))));
    const descend = (p: P): P => iterate(50, (q) => axpy(-0.25, valueAndGrad(loss)(q).grad, q), p);
    using f = jit(descend);
    scoped(() => {
      // w ← w − ½ (w − a): the distance halves 50 times.
      for (const result of [f({ w: tf.zeros([2]) }), descend({ w: tf.zeros([2]) })]) expect(numbers(result.w)).toEqual([3, -1]);
    });
  });

  it("iterate() refuses a body that changes the state's shape, dtype or structure, in and out of jit, and leaks nothing", () => {
    const bad: readonly (readonly [(x: Tree) => Tree, RegExp])[] = [
      [({ x }: any) => ({ x: tf.stack([x, x]) }), /expected float32 \[2\] at "x" as before the step, got float32 \[2, 2\]/],
      [({ x }: any) => ({ x: tf.cast(x, "int32") }), /expected float32 \[2\] at "x" as before the step, got int32 \[2\]/],
      [({ x }: any) => ({ x, y: x }), /expected a state of 1 tensors, got 2/],
    ];
    for (const [body, message] of bad) {
      const run = (x: tf.Tensor): Tree => iterate(3, body as never, { x });
      using f = jit(run);
      for (const g of [run, f]) {
        noLeaks(() =>
          scoped(() => {
            expect(() => g(tf.zeros([2]))).toThrow(message);
          }),
        );
      }
    }
  });

  it("iterate() refuses a number of steps that is none", () => {
    for (const steps of [-1, 1.5, NaN, Infinity]) expect(() => iterate(steps, (x) => x, null)).toThrow(`whole number of steps, got ${steps}`);
  });
});
