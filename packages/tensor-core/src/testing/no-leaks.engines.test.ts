import { scalar } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { noLeaks } from "./no-leaks.ts";

await engine();

it("noLeaks() returns what a clean body returns, at once or later", async () => {
  expect(noLeaks(() => scoped(() => scalar(2).dataSync()[0]))).toBe(2);
  expect(await noLeaks(async () => scoped(() => scalar(3).dataSync()[0]))).toBe(3);
});

it("noLeaks() says how many tensors and buffers a body left behind", async () => {
  let [x, y] = [scalar(0), scalar(0)];
  expect(() => noLeaks(() => void (x = scalar(1)))).toThrow(/\+1 tensors \(\d+ before, \d+ after\) and \+1 buffers/);
  await expect(noLeaks(async () => void (y = x.clone()))).rejects.toThrow(/\+1 tensors .* and \+0 buffers/);
  x.dispose();
  y.dispose();
});

it("noLeaks() notices a body that frees what is not its own", () => {
  const x = scalar(1);
  expect(() => noLeaks(() => x.dispose())).toThrow(/-1 tensors/);
});

it("noLeaks() lets the body's own error through", async () => {
  const fail = () => {
    throw new RangeError("mine");
  };
  expect(() => noLeaks(fail)).toThrow(RangeError);
  await expect(noLeaks(async () => fail())).rejects.toThrow("mine");
});
