import { tensor1d } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { key, keyOf } from "./key.ts";
import { uniformNumbers } from "./uniform-numbers.ts";

it("uniformNumbers() are the published words of Philox over 2³²", () => {
  expect([...uniformNumbers(key(0), 4)]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8].map((word) => word / 2 ** 32));
  expect(uniformNumbers(key(0), 0)).toHaveLength(0);
});

it("uniformNumbers() refuse keys that are tensors, and numbers that are none", async () => {
  await import("@tensorflow/tfjs-backend-cpu");
  expect(() => uniformNumbers(keyOf(tensor1d([1, 2], "int32")), 1)).toThrow(TypeError);
  for (const n of [-1, 0.5, NaN]) expect(() => uniformNumbers(key(0), n)).toThrow(`at least 0, got ${n}`);
});
