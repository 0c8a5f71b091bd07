import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const script = join(import.meta.dirname, "pacbayes-mnist.ts");
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pacbayes-mnist-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Result = {
  readonly seconds: number;
  readonly ladder: readonly { readonly [name: string]: number }[];
  readonly best: { readonly [name: string]: number };
  readonly meanField: { readonly [name: string]: number };
};

/** Runs the example; with `until`, kills it with SIGKILL as soon as that folder of checkpoints is there. */
function example(out: string, flags: readonly string[], until?: string): Promise<{ readonly output: string; readonly killed: boolean }> {
  const child = spawn(
    process.execPath,
    ["--conditions=@lab/source", "--import", import.meta.resolve("tsx"), script, "--smoke", "--json", "--out", out, ...flags],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => (output += String(text)));
  child.stderr.on("data", (text) => (errors += String(text)));
  const watch = until === undefined ? undefined : setInterval(() => existsSync(join(out, "checkpoints", until)) && child.kill("SIGKILL"), 20);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      if (signal === "SIGKILL") resolve({ output, killed: true });
      else if (code === 0) resolve({ output, killed: false });
      else reject(new Error(`The example ended with ${code}: ${errors}`));
    });
  });
}

const resultOf = (output: string): Result => JSON.parse(output.trim().split("\n").at(-1)!) as Result;

test("pacbayes-mnist --resume after kill -9 gives the JSON of an uninterrupted run, but for its seconds", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const { seconds: _, ...expected } = resultOf((await example(whole, [])).output);
  expect((await example(cut, [], "rung 05, warm-up")).killed).toBe(true);
  const begun = await readdir(join(cut, "checkpoints"));
  expect(begun.length).toBeLessThan((await readdir(join(whole, "checkpoints"))).length);
  const { seconds: __, ...resumed } = resultOf((await example(cut, ["--resume"])).output);
  expect(resumed).toEqual(expected);

  // What the numbers must obey, whatever they are.
  expect(expected.ladder.length).toBeGreaterThanOrEqual(13);
  for (const { risk01, klLower, klUpper, bound01 } of expected.ladder) {
    expect(bound01!).toBeGreaterThan(risk01!);
    expect(klUpper!).toBeGreaterThanOrEqual(klLower!);
  }
  for (const posterior of [expected.best, expected.meanField]) {
    expect(posterior["bound01"]!).toBeGreaterThan(posterior["testError01"]!);
    expect(posterior["certificate01"]!).toBeGreaterThan(posterior["bound01"]!);
  }
  expect(expected.best["bound01"]!).toBeLessThan(expected.meanField["bound01"]!);
  expect(existsSync(join(cut, "report.html"))).toBe(true);

  // Another seed must not go on from these checkpoints.
  await expect(example(cut, ["--resume", "--seed", "1"])).rejects.toThrow(/checkpoint/i);
});
