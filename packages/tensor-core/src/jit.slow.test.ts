import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { engine } from "./engine.ts";
import { nativeBackend } from "./engine/native-backend.ts";
import { iterate, jit } from "./jit.ts";
import { scoped } from "./memory.ts";
import { normal } from "./random/draw.ts";
import { key } from "./random/key.ts";
import { filesLeft } from "./testing/files-left.ts";
import { noLeaks } from "./testing/no-leaks.ts";

await engine();

const MEBIBYTE = 2 ** 20;
const resident = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage.rss() / MEBIBYTE;
};

/** The growth of the process, in MiB, over `times` calls, after as many as it takes for caches to fill. */
function growth(warmup: number, times: number, body: (i: number) => void): number {
  for (let i = 0; i < warmup; i++) body(i);
  const before = resident();
  for (let i = warmup; i < warmup + times; i++) body(i);
  return resident() - before;
}

it("jit() keeps the memory flat over 100 000 calls", () => {
  const captured = tf.ones([1000]);
  using f = jit((k: ReturnType<typeof key>, x: tf.Tensor) => ({ x: tf.add(tf.mul(x, captured), normal(k, [1000])), sum: tf.sum(x) }));
  const x = tf.zeros([1000]);
  noLeaks(() => {
    const grown = growth(10_000, 100_000, (i) => scoped(() => void f(key(i), x)));
    // One leaked handle a call, of four bytes and its bookkeeping, would be 10 MiB or more; one leaked result 400 MiB.
    expect(grown).toBeLessThan(8);
  });
  expect(f.traces).toBeLessThanOrEqual(1);
  tf.dispose([captured, x]);
});

it("jit() keeps the memory flat over 2 000 evictions, and leaves no files", () => {
  const large = tf.ones([65_536]);
  using f = jit((x: tf.Tensor, c: number) => tf.add(tf.mul(x, c), tf.sum(large)), { maxGraphs: 4, xla: false });
  const left = filesLeft(() => {
    noLeaks(() => {
      const grown = growth(500, 2000, (i) => expect(scoped(() => f(tf.scalar(2), i).dataSync()[0])).toBe(2 * i + 65_536));
      // A graph that stays is 20 kB or more, what it captured 256 kB: 40 and 500 MiB.
      expect(grown).toBeLessThan(25);
    });
  });
  expect(left).toEqual([]);
  large.dispose();
});

if (nativeBackend() !== undefined) {
  it("jit() keeps the memory flat over 2 000 traces that fail", () => {
    using f = jit((x: tf.Tensor, c: number) => {
      const y = tf.mul(tf.fill([16_384], c), x);
      return iterate(2, (z) => (c < 0 ? z : tf.mul(z, y.dataSync()[0]!)), y);
    });
    noLeaks(() => {
      const grown = growth(500, 2000, (i) =>
        scoped(() => {
          expect(() => f(tf.scalar(1), i)).toThrow("Cannot trace a read of a tensor");
        }),
      );
      // What one trace computes is 64 kB a tensor: 128 MiB and more.
      expect(grown).toBeLessThan(25);
    });
  });
}
