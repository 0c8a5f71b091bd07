import { add, memory, mul, scalar, sum, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "./engine.ts";
import { own, Owned, read, readSync, scoped } from "./memory.ts";
import { noLeaks } from "./testing/no-leaks.ts";

await engine();

const value = (x: Tensor): number => x.dataSync()[0]!;

describe("scoped()", () => {
  it("scoped() frees all but what it returns", () => {
    const before = memory().numTensors;
    const { x } = scoped(() => ({ x: add(mul(scalar(2), 3), 1) }));
    expect([memory().numTensors - before, value(x)]).toEqual([1, 7]);
    x.dispose();
  });

  it("scoped() frees everything when its body throws", () => {
    noLeaks(() => {
      expect(() =>
        scoped(() => {
          scalar(1);
          throw new RangeError("mine");
        }),
      ).toThrow("mine");
    });
  });
});

describe("Owned", () => {
  it("own() survives the scope it was made in, and frees what it holds once, however often it is disposed of", () => {
    noLeaks(() => {
      const x = scoped(() => {
        const owned = own(() => ({ x: tensor1d([1, 2]) }));
        return { read: () => [...owned.value.x.dataSync()], dispose: () => owned[Symbol.dispose]() };
      });
      expect(x.read()).toEqual([1, 2]);
      x.dispose();
      x.dispose();
    });
  });

  it("own() shares data and leaves what it was given to its owner", () => {
    noLeaks(() => {
      const x = tensor1d([1, 2]);
      const buffers = memory().numDataBuffers;
      {
        using owned = own(() => ({ x }));
        expect(memory().numDataBuffers).toBe(buffers);
        expect(owned.value.x).not.toBe(x);
      }
      expect([...x.dataSync()]).toEqual([1, 2]);
      x.dispose();
    });
  });

  it("advance() replaces the value and owns what the step reports", () => {
    noLeaks(() => {
      using state = new Owned(() => ({ x: scalar(1) }));
      for (let i = 1; i <= 3; i++) {
        using info = state.advance(({ x }) => [{ x: mul(x, 2) }, { before: x, sum: sum(x) }]);
        expect([value(info.value.before), value(state.value.x)]).toEqual([2 ** (i - 1), 2 ** i]);
      }
    });
  });

  it("advance() by a step that hands its state on keeps it alive", () => {
    noLeaks(() => {
      using state = own(() => ({ x: scalar(5) }));
      for (let i = 0; i < 3; i++) {
        using info = state.advance((s) => [s, s]);
        expect(value(info.value.x)).toBe(5);
      }
      expect(value(state.value.x)).toBe(5);
    });
  });

  it("advance() by a step that throws leaves the value as it was", () => {
    noLeaks(() => {
      using state = own(() => ({ x: scalar(1) }));
      const { x } = state.value;
      expect(() =>
        state.advance((s) => {
          add(s.x, 1);
          throw new Error("mine");
        }),
      ).toThrow("mine");
      expect(state.value.x).toBe(x);
      expect(value(x)).toBe(1);
    });
  });

  it("advance() by a step whose value cannot be kept leaves the value as it was, and leaks nothing", () => {
    noLeaks(() => {
      using state = own(() => ({ x: scalar(1) }));
      const freed = scalar(2);
      freed.dispose();
      expect(() => state.advance(() => [{ x: freed }, { sum: scalar(3) }])).toThrow(/./);
      expect(value(state.value.x)).toBe(1);
    });
  });

  it("an Owned frees its tensors when a `using` block throws", () => {
    noLeaks(() => {
      expect(() => {
        using state = own(() => [scalar(1)]);
        throw new Error(`mine ${value(state.value[0]!)}`);
      }).toThrow("mine 1");
    });
  });
});

describe("read()", () => {
  it("read() and readSync() give host arrays in the shape of the tree, other leaves as they are", async () => {
    using tree = own(() => ({
      x: tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      deep: [scalar(7, "int32")],
      name: "text",
      yes: tensor1d([true, false], "bool"),
      none: null,
    }));
    for (const host of [await read(tree.value), readSync(tree.value)]) {
      expect([host.x.shape, host.x.get(1, 2), host.x.get(0, 1)]).toEqual([[2, 3], 6, 2]);
      expect([host.deep[0]!.shape, host.deep[0]!.get(), host.name, host.none]).toEqual([[], 7, "text", null]);
      expect([...host.yes.data]).toEqual([1, 0]);
    }
  });

  it("read() frees nothing and keeps nothing", async () => {
    const x = scalar(1);
    await noLeaks(async () => void (await read([x])));
    expect(value(x)).toBe(1);
    x.dispose();
  });
});
