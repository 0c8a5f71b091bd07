import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { add, log, mul, reshape, scalar, sub, sum, tensor1d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Algorithm } from "./algorithm.ts";
import { engine } from "./engine.ts";
import { own } from "./memory.ts";
import { normal } from "./random/draw.ts";
import { key, keyOf, type Key } from "./random/key.ts";
import { foldIn } from "./random/split.ts";
import { run, type Batches } from "./run.ts";
import { noLeaks } from "./testing/no-leaks.ts";

await engine();

type State = { readonly x: Tensor; readonly n: Scalar };
type Info = { readonly square: Scalar };

/** x ← x/2 + z, n ← n + 1 */
const walk: Algorithm<{ readonly x: Tensor }, State, Info> = {
  init: ({ x }) => ({ x, n: scalar(0, "int32") }),
  step(k, { x, n }) {
    const next = add(mul(x, 0.5), normal(k, [2]));
    return [{ x: next, n: add(n, scalar(1, "int32")) }, { square: sum(mul(next, next)) }];
  },
};
const from = (): { x: Tensor } => ({ x: tensor1d([1, -2]) });
const record = ({ x, n }: State, { square }: Info): { x: Tensor; n: Tensor; square: Tensor } => ({ x, n, square });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "lab-run-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A run's numbers, with nothing left behind. */
async function numbers(
  options: Partial<Parameters<typeof run<{ readonly x: Tensor }, State, Info, void, ReturnType<typeof record>>>[2]> = {},
): Promise<{ x: number[]; n: number[]; square: number[]; last: number[]; steps: number; stopped: boolean }> {
  return noLeaks(async () => {
    using start = own(from);
    using result = await run(walk, start.value, { key: key(4), steps: 10, record, ...options });
    const { x, n, square } = result.trace;
    return {
      x: [...x.data],
      n: [...n.data],
      square: [...square.data],
      last: [...result.state.value.x.dataSync()],
      steps: result.steps,
      stopped: result.stopped,
    };
  });
}

describe("run()", () => {
  it("run() takes step i with the key foldIn(key, i), and records the state after it", async () => {
    using state = own(() => walk.init(from()));
    const x: number[] = [];
    for (let i = 0; i < 10; i++) {
      using info = state.advance((s) => walk.step(foldIn(key(4), i), s));
      expect(info.value.square.rank).toBe(0);
      x.push(...state.value.x.dataSync());
    }
    const plain = await numbers({ jit: false });
    expect(plain).toMatchObject({ x, last: x.slice(-2), steps: 10, stopped: false });
    expect(plain.n).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    // Compiled, the same draws within 4 units and two roundings a step, of numbers below 8; the halving forgets earlier ones.
    (await numbers()).x.forEach((value, i) => expect(Math.abs(value - x[i]!)).toBeLessThan(2 * 6 * 8 * 2 ** -24));
  });

  it("run() gives each column its shape, the steps first, and every dtype its array", async () => {
    using start = own(from);
    using result = await run(walk, start.value, { key: key(4), steps: 6, record });
    expect([result.trace.x.shape, result.trace.n.shape, result.trace.square.shape]).toEqual([[6, 2], [6], [6]]);
    expect([result.trace.x.data, result.trace.n.data].map((data) => data.constructor)).toEqual([Float32Array, Int32Array]);
    expect(result.trace.x.get(5, 1)).toBe(result.state.value.x.dataSync()[1]);
  });

  it("run() by twos, threes and so on records every second, third, … step", async () => {
    const every = await numbers();
    for (const thin of [2, 3, 10]) expect((await numbers({ thin })).n).toEqual(every.n.filter((n) => n % thin === 0));
    const third = await numbers({ thin: 3 });
    expect(third.square).toEqual(every.square.filter((_, i) => (i + 1) % 3 === 0));
    expect(third.last).toEqual(every.last);
    expect((await numbers({ thin: 10 })).n).toEqual([10]);
  });

  for (const block of [2, 3, 4, 10, 64]) {
    it(`run() in blocks of ${block} steps takes the same steps`, async () => {
      const [single, blocks] = [await numbers(), await numbers({ block })];
      expect([blocks.n, blocks.steps, blocks.x.length]).toEqual([single.n, single.steps, single.x.length]);
      // Not to the bit: within a loop the compiler may fuse a product into a sum. Two roundings and a draw's 4 units a step, of numbers below 8.
      blocks.x.forEach((value, i) => expect(Math.abs(value - single.x[i]!)).toBeLessThan(2 * 6 * 8 * 2 ** -24));
      expect(blocks.last).toEqual(blocks.x.slice(-2));
      expect((await numbers({ block, jit: { xla: false } })).n).toEqual(single.n);
    });
  }

  it("run() without records, and of no steps, ends where it should", async () => {
    await noLeaks(async () => {
      using start = own(from);
      using bare = await run(walk, start.value, { key: key(4), steps: 3 });
      expect([bare.trace, bare.steps, bare.state.value.n.dataSync()[0]]).toEqual([{}, 3, 3]);
      using none = await run(walk, start.value, { key: key(4), steps: 0, record });
      expect([none.trace, none.steps, none.stopped, [...none.state.value.x.dataSync()]]).toEqual([{}, 0, false, [1, -2]]);
    });
  });

  it("run() compiles a step once for all runs of one algorithm", async () => {
    let calls = 0;
    const counted: typeof walk = { ...walk, step: (k, s) => ((calls += 1), walk.step(k, s)) };
    using start = own(from);
    for (let i = 0; i < 3; i++) {
      using result = await run(counted, start.value, { key: key(i), steps: 5 });
    }
    const { name } = await engine();
    expect(calls).toBe(name === "native" ? 1 : 15);
  });

  it("run() shows every step to its display, with the last recorded scalars, and ends it", async () => {
    const seen: [number, unknown][] = [];
    let ended = 0;
    await numbers({
      steps: 3,
      progress: {
        update: (step, figures) => void seen.push([step, typeof figures === "function" ? figures() : figures]),
        [Symbol.dispose]: () => void (ended += 1),
      },
    });
    expect(seen.map(([step]) => step)).toEqual([1, 2, 3]);
    expect(seen[2]![1]).toEqual({ n: 3, square: expect.any(Number) });
    expect(ended).toBe(1);
  });

  it("run() stops at an AbortSignal after the step it is in, and says so", async () => {
    const stop = new AbortController();
    const progress = { update: (step: number) => (step === 4 ? stop.abort() : undefined), [Symbol.dispose]() {} };
    const stopped = await numbers({ stop: stop.signal, progress });
    expect([stopped.steps, stopped.stopped, stopped.n]).toEqual([4, true, [1, 2, 3, 4]]);
    using start = own(from);
    using none = await run(walk, start.value, { key: key(4), steps: 10, stop: AbortSignal.abort() });
    expect([none.steps, none.stopped]).toEqual([0, true]);
  });
});

describe("data of a run", () => {
  /** The batch of step i is i; how many are open at once, and how many were opened. */
  function counting(length = Infinity): Batches<Tensor> & { open: number; opened: number; closed: boolean } {
    const batches = {
      open: 0,
      opened: 0,
      closed: false,
      async *from(step: number) {
        try {
          for (let i = step; i < length; i++) {
            batches.open += 1;
            batches.opened += 1;
            const value = scalar(i);
            yield { value, [Symbol.dispose]: () => (value.dispose(), void (batches.open -= 1)) };
          }
        } finally {
          batches.closed = true;
        }
      },
    };
    return batches;
  }
  const total: Algorithm<{ readonly sum: Tensor }, { readonly sum: Tensor }, Record<never, never>, Tensor> = {
    init: (start) => start,
    step: (_key, { sum: s }, batch) => [{ sum: add(s, batch) }, {}],
  };
  const columns = { record: ({ sum: s }: { readonly sum: Tensor }) => ({ sum: s }) };

  it("run() gives step i the batch of step i, frees it after, and closes the data at the end", async () => {
    const data = counting();
    await noLeaks(async () => {
      using start = own(() => ({ sum: scalar(0) }));
      using result = await run(total, start.value, { key: key(0), steps: 5, data, ...columns });
      expect([...result.trace.sum.data]).toEqual([0, 1, 3, 6, 10]);
    });
    expect(data).toMatchObject({ open: 0, opened: 5, closed: true });
  });

  it("run() goes on with the data where it stopped", async () => {
    const path = folder();
    await noLeaks(async () => {
      using start = own(() => ({ sum: scalar(0) }));
      for (const steps of [2, 3, 5]) {
        using part = await run(total, start.value, { key: key(0), steps, data: counting(), checkpoint: { path, resume: true }, ...columns });
      }
      using result = await run(total, start.value, { key: key(0), steps: 5, data: counting(), checkpoint: { path, resume: true }, ...columns });
      expect([...result.trace.sum.data]).toEqual([0, 1, 3, 6, 10]);
    });
  });

  it("run() says where data end early, frees what it held, and closes them", async () => {
    const data = counting(3);
    await noLeaks(async () => {
      using start = own(() => ({ sum: scalar(0) }));
      await expect(run(total, start.value, { key: key(0), steps: 5, data })).rejects.toThrow("Cannot run: the data ended at step 3");
    });
    expect(data).toMatchObject({ open: 0, closed: true });
  });

  it("run() of a step that throws frees the batch and the state, and closes the data", async () => {
    const data = counting();
    const failing: typeof total = { ...total, step: (_key, { sum: s }, batch) => [{ sum: add(s, mul(batch, reshape(tensor1d([1, 2]), [3]))) }, {}] };
    await noLeaks(async () => {
      using start = own(() => ({ sum: scalar(0) }));
      await expect(run(failing, start.value, { key: key(0), steps: 5, data })).rejects.toThrow(/reshape|Size\(2\)/);
    });
    expect(data).toMatchObject({ open: 0, closed: true });
  });
});

describe("checkpoints of a run", () => {
  it("run() resumed at any step gives the bits of one that was not, trace and state", async () => {
    const whole = await numbers();
    for (const steps of [1, 4, 9]) {
      const path = folder();
      await numbers({ steps, checkpoint: { path } });
      expect(await numbers({ checkpoint: { path, resume: true } })).toEqual(whole);
    }
  });

  it("run() resumed in blocks, or thinned, gives the bits of one that was not", async () => {
    for (const options of [{ block: 3 }, { thin: 2 }, { jit: false as const }]) {
      const [path, whole] = [folder(), await numbers(options)];
      await numbers({ ...options, steps: 6, checkpoint: { path } });
      expect(await numbers({ ...options, checkpoint: { path, resume: true } })).toEqual(whole);
    }
  });

  it("run() of a finished run returns at once what it had", async () => {
    const path = folder();
    const whole = await numbers({ checkpoint: { path } });
    let steps = 0;
    const progress = { update: () => void (steps += 1), [Symbol.dispose]() {} };
    expect(await numbers({ progress, checkpoint: { path, resume: true } })).toEqual(whole);
    expect(steps).toBe(0);
  });

  it("run() writes a checkpoint every so many steps, and one at the end", async () => {
    const path = folder();
    const seen: string[] = [];
    const progress = {
      update: () =>
        void seen.push(
          readdirSync(path)
            .filter((name) => name.startsWith("step-"))
            .join(),
        ),
      [Symbol.dispose]() {},
    };
    await numbers({ steps: 8, progress, checkpoint: { path, every: 3 } });
    expect(seen).toEqual(["", "", "", 3, 3, 3, 6, 6].map((step) => (step === "" ? "" : `step-00000000${step}.safetensors`)));
    expect(readdirSync(path)).toContain("step-000000008.safetensors");
  });

  it("run() without `resume` starts afresh in a folder that has a checkpoint", async () => {
    const path = folder();
    await numbers({ steps: 4, key: key(5), checkpoint: { path } });
    expect(await numbers({ checkpoint: { path } })).toEqual(await numbers());
    expect(await numbers({ checkpoint: { path, resume: true } })).toEqual(await numbers());
  });

  it("run() refuses a checkpoint of another key, configuration, thinning or state, and leaks nothing", async () => {
    const path = folder();
    await numbers({ steps: 4, checkpoint: { path, config: { rate: 1 } } });
    const resume = (options: Parameters<typeof numbers>[0], config = { rate: 1 }): Promise<unknown> =>
      numbers({ ...options, checkpoint: { path, resume: true, config } });
    await expect(resume({}, { rate: 2 })).rejects.toThrow("it was written with rate = 1, this run has 2");
    await expect(resume({ key: key(5) })).rejects.toThrow("it was written with key = [4,0], this run has [5,0]");
    await expect(resume({ thin: 2 })).rejects.toThrow("it was written with thin = 1, this run has 2");
    await noLeaks(async () => {
      using start = own(() => ({ x: tensor1d([1, 2, 3]) }));
      const wider: typeof walk = { ...walk, step: (_key, s) => [s, { square: scalar(0) }] };
      await expect(run(wider, start.value, { key: key(4), steps: 10, checkpoint: { path, resume: true, config: { rate: 1 } } })).rejects.toThrow(
        /it was written with state = \{"x":\["float32",2\]/,
      );
    });
    expect((await resume({})) as object).toMatchObject({ steps: 10 });
  });

  it("run() refuses a damaged checkpoint, and does not touch it", async () => {
    const path = folder();
    await numbers({ steps: 4, checkpoint: { path } });
    const file = join(path, "step-000000004.safetensors");
    writeFileSync(file, readFileSync(file).subarray(0, 100));
    await expect(numbers({ checkpoint: { path, resume: true } })).rejects.toThrow("does not match its checksum");
    expect(readFileSync(file)).toHaveLength(100);
  });

  it("run() says so when the folder of its checkpoints cannot be written", async () => {
    const path = join(folder(), "file");
    writeFileSync(path, "");
    await expect(numbers({ checkpoint: { path, every: 2 } })).rejects.toThrow(`Cannot write a checkpoint to ${path}`);
  });
});

describe("what a run refuses", () => {
  it("run() ends at the first step whose watched column is not finite, and keeps the checkpoint before", async () => {
    // ln(5 − n): finite up to the fourth step, −∞ at the fifth, NaN after.
    const failing: Algorithm<{ readonly n: Tensor }, { readonly n: Tensor }, { readonly loss: Tensor }> = {
      init: (start) => start,
      step: (_key, { n }) => [{ n: add(n, 1) }, { loss: log(sub(5, add(n, 1))) }],
    };
    const path = folder();
    const options = { key: key(0), steps: 10, record: (_state: unknown, { loss }: { readonly loss: Tensor }) => ({ loss }), finite: ["loss" as const] };
    await noLeaks(async () => {
      using start = own(() => ({ n: scalar(0) }));
      await expect(run(failing, start.value, options)).rejects.toThrow(new RangeError("Cannot go on: loss is -Infinity at step 5"));
      await expect(run(failing, start.value, { ...options, checkpoint: { path, every: 2 } })).rejects.toThrow(
        `loss is -Infinity at step 5; the last checkpoint in ${path} stands`,
      );
      using blocks = await run(failing, start.value, { ...options, steps: 4, block: 2 });
      expect(blocks.trace.loss.data).toHaveLength(4);
      await expect(run(failing, start.value, { ...options, block: 4 })).rejects.toThrow(/loss is (NaN|-Infinity) at step/);
    });
    expect(readdirSync(path)).toContain("step-000000004.safetensors");
  });

  const refused: { readonly [what: string]: readonly [object, RegExp] } = {
    "a broken number of steps": [{ steps: 1.5 }, /steps must be a whole number of at least 0, got 1\.5/],
    "a negative number of steps": [{ steps: -1 }, /got -1/],
    "no thinning at all": [{ thin: 0 }, /thin must be a whole number of at least 1, got 0/],
    "an empty block": [{ block: 0 }, /block must be a whole number of at least 1, got 0/],
    "blocks with thinning": [{ block: 2, thin: 2 }, /blocks of 2 steps go neither with data nor with thin/],
    "a checkpoint every no steps": [{ checkpoint: { path: "none", every: 0 } }, /checkpoint\.every must be a whole number of at least 1, got 0/],
    "a key that is a tensor": [{ key: keyOf(tensor1d([1, 2], "int32")) as Key }, /expected a key whose words are numbers/],
  };
  for (const [what, [options, message]] of Object.entries(refused)) {
    it(`run() refuses ${what} before it makes anything`, async () => {
      await noLeaks(async () => {
        await expect(numbers(options)).rejects.toThrow(message);
      });
    });
  }
});

it("run() leaks nothing over 10 000 steps, and follows the mean it should", async () => {
  const { square } = await numbers({ steps: 10_000 });
  // x ← x/2 + z has variance 4/3 in each of two coordinates.
  const { expectation } = await import("./testing/monte-carlo.ts");
  expectation(Float64Array.from(square).subarray(50), 8 / 3, { ess: 2000 });
});
