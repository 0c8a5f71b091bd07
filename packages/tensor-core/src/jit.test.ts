import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "./engine.ts";
import { nativeBackend } from "./engine/native-backend.ts";
import { jit } from "./jit.ts";
import { read, scoped } from "./memory.ts";
import { filesLeft } from "./testing/files-left.ts";
import { noLeaks } from "./testing/no-leaks.ts";
import type { Tree } from "./tree/tree.ts";

await engine();

const value = (body: () => tf.Tensor): number => scoped(() => body().dataSync()[0]!);

if (nativeBackend() === undefined) {
  it("jit() without an engine that has graphs calls the function each time", () => {
    let calls = 0;
    using f = jit((x: tf.Tensor) => tf.add(x, calls++));
    expect([value(() => f(tf.scalar(1))), value(() => f(tf.scalar(1)))]).toEqual([1, 2]);
    expect([f.traces, f.graphs]).toEqual([0, []]);
  });
} else {
  describe("what is traced, and when", () => {
    it("jit() calls the function once per structure, shapes, dtypes and other leaves", () => {
      let calls = 0;
      using f = jit((tree: Tree, option: unknown) => {
        calls += 1;
        return [tf.addN((Array.isArray(tree) ? tree : Object.values(tree as object)).map((x) => tf.cast(tf.sum(x as tf.Tensor), "float32"))), option as Tree];
      });
      const x = (): tf.Tensor => tf.ones([2]);
      const cases: readonly (() => readonly [Tree, unknown])[] = [
        () => [{ x: x() }, 1],
        () => [{ y: x() }, 1],
        () => [[x()], 1],
        () => [{ x: x(), y: x() }, 1],
        () => [{ x: tf.ones([3]) }, 1],
        () => [{ x: tf.ones([2, 1]) }, 1],
        () => [{ x: tf.ones([2], "int32") }, 1],
        () => [{ x: x() }, 2],
        () => [{ x: x() }, "1"],
        () => [{ x: x() }, true],
        () => [{ x: x() }, null],
        () => [{ x: x() }, undefined],
        () => [{ x: x() }, NaN],
      ];
      scoped(() => {
        for (let round = 0; round < 2; round++) for (const arguments_ of cases) f(...arguments_());
      });
      expect([calls, f.traces, f.graphs.length]).toEqual([cases.length, cases.length, cases.length]);
      expect(new Set(f.graphs.map(({ signature }) => signature)).size).toBe(cases.length);
    });

    it("jit() tells names apart that read alike when joined", () => {
      using f = jit((tree: Tree) => Object.keys(tree as object).join("|"));
      expect(f({ "a:1,b": 2 })).toBe("a:1,b");
      expect(f({ a: 1, b: 2 })).toBe("a|b");
    });

    it("jit() tells 0 from −0, which differ inside", () => {
      using f = jit((c: number) => tf.scalar(1 / c));
      expect([value(() => f(0)), value(() => f(-0))]).toEqual([Infinity, -Infinity]);
    });

    it("jit() keeps the graphs used last, least recently used first, and traces what it dropped again", () => {
      using f = jit((x: tf.Tensor, c: number) => tf.mul(x, c), { maxGraphs: 2 });
      const call = (c: number): number => value(() => f(tf.scalar(1), c));
      const kept = (): string[] => f.graphs.map(({ signature }) => /,(\d)\]$/.exec(signature)![1]!);
      expect([call(1), call(2), call(1)]).toEqual([1, 2, 1]);
      expect([f.traces, kept()]).toEqual([2, ["2", "1"]]);
      expect(call(3)).toBe(3);
      expect([f.traces, kept()]).toEqual([3, ["1", "3"]]);
      expect([call(2), f.traces]).toEqual([2, 4]);
    });

    it("jit() frees its graphs when disposed of, and may be used again", () => {
      const f = jit((x: tf.Tensor) => tf.mul(x, 2));
      value(() => f(tf.scalar(1)));
      f[Symbol.dispose]();
      expect(f.graphs).toEqual([]);
      f[Symbol.dispose]();
      expect([value(() => f(tf.scalar(4))), f.traces]).toEqual([8, 2]);
      f[Symbol.dispose]();
    });

    it("jit() reports each graph: its operations, its seconds, and whether XLA compiled it", () => {
      using f = jit((x: tf.Tensor) => tf.exp(tf.mul(x, 2)));
      using plain = jit((x: tf.Tensor) => tf.exp(tf.mul(x, 2)), { xla: false });
      for (const [g, xla] of [
        [f, true],
        [plain, false],
      ] as const) {
        value(() => g(tf.scalar(1)));
        expect(g.graphs).toHaveLength(1);
        const [report] = g.graphs;
        expect(report).toMatchObject({ xla, operations: 3 });
        expect(report!.seconds).toBeGreaterThan(0);
        expect(report!.fallback).toBeUndefined();
      }
    });

    it("jit() falls back to TensorFlow's own kernels where XLA has none, and says why", () => {
      using f = jit((x: tf.Tensor4D, box: tf.Tensor2D) => tf.image.cropAndResize(x, box, tf.tensor1d([0], "int32"), [1, 2]));
      const inputs = (): [tf.Tensor4D, tf.Tensor2D] => [tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), tf.tensor2d([[0, 0, 1, 1]])];
      // One row in the middle, at both ends: (1 + 3)/2 and (2 + 4)/2.
      for (let i = 0; i < 2; i++) expect(scoped(() => [...f(...inputs()).dataSync()])).toEqual([2, 3]);
      expect(f.graphs[0]).toMatchObject({ xla: false, fallback: expect.stringMatching(/./) });
    });

    it("jit() leaves no files behind, whether a trace succeeds or not", () => {
      using f = jit((x: tf.Tensor, c: number) => {
        if (c === 2) throw new Error("mine");
        return tf.mul(x, c);
      });
      expect(filesLeft(() => value(() => f(tf.scalar(1), 1)))).toEqual([]);
      expect(filesLeft(() => expect(() => value(() => f(tf.scalar(1), 2))).toThrow("mine"))).toEqual([]);
    });
  });

  describe("what is refused, and where", () => {
    const here = /jit\.test\.ts:\d+:\d+/;
    const variable = tf.variable(tf.scalar(1), true, "a variable of this test");
    const impure: { readonly [what: string]: { readonly f: (x: tf.Tensor) => unknown; readonly says: RegExp } } = {
      "reads a tensor by dataSync()": {
        f: (x) => tf.mul(x, tf.mul(x, 2).dataSync()[0]!),
        says: /Cannot trace a read of a tensor.*use operations such as where\(\)/,
      },
      "reads an argument": { f: (x) => tf.mul(x, x.dataSync()[0]!), says: /Cannot trace a read of a tensor/ },
      "draws by Math.random()": { f: (x) => tf.mul(x, Math.random()), says: /Cannot trace Math\.random.*draw from its key instead/ },
      "draws by tf.randomNormal()": { f: (x) => tf.mul(x, tf.randomNormal([2])), says: /Cannot trace/ },
      "draws by tf.randomUniform()": { f: (x) => tf.mul(x, tf.randomUniform([2])), says: /Cannot trace/ },
      "reads a variable": { f: (x) => tf.mul(x, variable), says: /Cannot trace a read of a tf\.Variable.*pass its value as an argument/ },
      "assigns a variable": { f: (x) => variable.assign(x as tf.Scalar), says: /Cannot trace an assignment to a tf\.Variable.*return the new value/ },
    };
    for (const [what, { f, says }] of Object.entries(impure)) {
      it(`jit() refuses a function that ${what}, naming the place, and leaks nothing`, () => {
        using jitted = jit((x: tf.Tensor) => f(x) as tf.Tensor);
        noLeaks(() =>
          scoped(() => {
            expect(() => jitted(tf.scalar(2))).toThrow(TypeError);
            expect(() => jitted(tf.scalar(2))).toThrow(says);
            expect(() => jitted(tf.scalar(2))).toThrow(here);
          }),
        );
        expect([jitted.graphs, variable.dataSync()[0]]).toEqual([[], 1]);
      });
    }

    it("jit() refuses read() inside, where there are no numbers yet", async () => {
      const seen: Promise<unknown>[] = [];
      using f = jit((x: tf.Tensor) => {
        seen.push(read({ x: tf.mul(x, 2) }));
        return x;
      });
      scoped(() => f(tf.scalar(1)));
      await expect(seen[0]).rejects.toThrow(/Cannot trace a read of a tensor/);
    });

    it("jit() leaves Math.random, variables and the engine as they were, also after a refusal", () => {
      using f = jit((x: tf.Tensor) => tf.mul(x, Math.random()));
      expect(() => scoped(() => f(tf.scalar(1)))).toThrow(TypeError);
      expect(Math.random()).toBeLessThan(1);
      variable.assign(tf.scalar(1));
      expect(value(() => tf.add(variable, 1))).toBe(2);
    });
  });
}
