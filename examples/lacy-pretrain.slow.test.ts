import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const script = join(import.meta.dirname, "lacy-pretrain.ts");
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lacy-pretrain-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The JSON of the example without times; with `until`, it is killed with SIGKILL as soon as that checkpoint is there, and gives none. */
function example(out: string, flags: readonly string[], until?: string): Promise<object | undefined> {
  const told = ["--smoke", "--json", "--only", "lacy", "--out", out, ...flags];
  const child = spawn(process.execPath, ["--conditions=@lab/source", "--import", import.meta.resolve("tsx"), script, ...told], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => (output += String(text)));
  child.stderr.on("data", (text) => (errors += String(text)));
  const watch = until === undefined ? undefined : setInterval(() => existsSync(join(out, "checkpoints", until, "checkpoint")) && child.kill("SIGKILL"), 20);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      if (signal === "SIGKILL") resolve(undefined);
      else if (code === 0) resolve({ ...(JSON.parse(output.trim().split("\n").at(-1)!) as object), seconds: 0, tokensPerSecond: 0 });
      else reject(new Error(`The example ended with ${code}: ${errors}`));
    });
  });
}

test("lacy-pretrain --resume after kill -9 gives the JSON of an uninterrupted run, but for its times", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const expected = await example(whole, []);
  expect(await example(cut, [], "larger")).toBeUndefined();
  expect(await example(cut, ["--resume"])).toEqual(expected);
  // Another seed must not go on from these checkpoints.
  await expect(example(cut, ["--resume", "--seed", "1"])).rejects.toThrow(/checkpoint/i);
});
