import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleJson } from "./testing/example-json.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lacy-pretrain-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The JSON of the example without times; with `until`, it is killed as soon as that checkpoint is there, and gives none. */
async function example(out: string, flags: readonly string[], until?: string): Promise<object | undefined> {
  const killed = until === undefined ? {} : { killed: () => existsSync(join(out, "checkpoints", until, "checkpoint")) };
  const result = await exampleJson<object>({ name: "lacy-pretrain", out, flags: ["--only", "lacy", ...flags], ...killed });
  return result && { ...result, seconds: 0, tokensPerSecond: 0 };
}

test("lacy-pretrain --resume after kill -9 gives the JSON of an uninterrupted run, but for its times", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const expected = await example(whole, []);
  expect(await example(cut, [], "larger")).toBeUndefined();
  expect(await example(cut, ["--resume"])).toEqual(expected);
  // Another seed must not go on from these checkpoints.
  await expect(example(cut, ["--resume", "--seed", "1"])).rejects.toThrow(/ended with 2: Cannot resume from .*checkpoints/);
});
