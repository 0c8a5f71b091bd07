import { describe, expect, expectTypeOf, it } from "vitest";
import { axes, ShapeError } from "./shapes.ts";

const shaped = (...shape: number[]): { rank: number; shape: number[] } => ({ rank: shape.length, shape });

describe("axes()", () => {
  it("axes() binds names on first sight and holds them to it in every other tensor", () => {
    expect(axes("f", [shaped(2, 5, 7), "batch time vocab"], [shaped(2, 5), "batch time"])).toEqual({ batch: 2, time: 5, vocab: 7 });
    expect(() => axes("f", [shaped(2, 5), "batch time"], [shaped(2, 6), "batch time"])).toThrow(
      "Cannot apply f: expected a tensor of shape [batch=2, time=5], got [2, 6]",
    );
  });

  it("axes() holds a name to its size within one tensor", () => {
    expect(axes("f", [shaped(3, 3), "n n"])).toEqual({ n: 3 });
    expect(() => axes("f", [shaped(3, 4), "n n"])).toThrow(ShapeError);
  });

  it("axes() meets numbers, lets `_` be anything, and takes the empty layout for a scalar", () => {
    expect(axes("f", [shaped(9, 28, 28, 1), "batch _ 28 1"], [shaped(), ""])).toEqual({ batch: 9 });
    expect(() => axes("f", [shaped(9, 27), "batch 28"])).toThrow("expected a tensor of shape [batch=9, 28], got [9, 27]");
    expect(() => axes("f", [shaped(1), ""])).toThrow("expected a tensor of shape [], got [1]");
  });

  it("axes() refuses another rank", () => {
    expect(() => axes("f", [shaped(2), "batch time"])).toThrow("expected a tensor of shape [batch, time], got [2]");
    expect(() => axes("f", [shaped(2, 3, 4), "batch time"])).toThrow("got [2, 3, 4]");
  });

  it("axes() takes sizes of zero", () => {
    expect(axes("f", [shaped(0, 3), "batch time"], [shaped(0), "batch"])).toEqual({ batch: 0, time: 3 });
    expect(() => axes("f", [shaped(0), "batch"], [shaped(1), "batch"])).toThrow(ShapeError);
  });

  it("axes() knows the names of its layouts as types, and no others", () => {
    const size = axes("f", [shaped(2, 5, 28), "batch time 28"], [shaped(2, 7), "batch _"]);
    expectTypeOf(size).toEqualTypeOf<{ readonly batch: number; readonly time: number }>();
    expectTypeOf(size).not.toHaveProperty("_");
    expectTypeOf(size).not.toHaveProperty("28");
  });

  it("a ShapeError is a TypeError of its own name", () => {
    expect(new ShapeError("x")).toBeInstanceOf(TypeError);
    expect(new ShapeError("x").name).toBe("ShapeError");
  });
});
