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

type Numbers = { readonly [name: string]: number };
type Posterior = { readonly risk01: number; readonly testError01: number; readonly bound01: number; readonly point01: number };
type Result = {
  readonly settings: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly ladder: readonly Numbers[];
    readonly hmc: Posterior;
    readonly meanField: Posterior;
  }[];
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

/** The last line's JSON, without times. */
function resultOf(output: string): Result {
  const { settings } = JSON.parse(output.trim().split("\n").at(-1)!) as Result;
  return { settings: settings.map((setting) => ({ ...setting, seconds: 0 })) };
}

test("pacbayes-mnist --resume after kill -9 within the second setting gives the JSON of an uninterrupted run, but for its seconds", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const expected = resultOf((await example(whole, [])).output);
  const [first, second] = expected.settings.map(({ name }) => name) as [string, string];
  expect((await example(cut, [], join(second, "rung 05, warm-up"))).killed).toBe(true);
  const runs = (out: string, setting: string): Promise<readonly string[]> => readdir(join(out, "checkpoints", setting));
  expect(await runs(cut, first)).toEqual(await runs(whole, first));
  expect((await runs(cut, second)).length).toBeLessThan((await runs(whole, second)).length);
  expect(resultOf((await example(cut, ["--resume"])).output)).toEqual(expected);

  // What the numbers must obey, whatever they are.
  for (const { ladder, hmc, meanField } of expected.settings) {
    expect(ladder.length).toBeGreaterThanOrEqual(13);
    for (const { risk01, klLower, klUpper, bound01 } of ladder) {
      expect(bound01!).toBeGreaterThan(risk01!);
      expect(klUpper!).toBeGreaterThanOrEqual(klLower!);
    }
    for (const posterior of [hmc, meanField]) {
      expect(posterior.bound01).toBeGreaterThan(posterior.testError01);
      expect(posterior.bound01).toBeGreaterThan(posterior.point01);
    }
    expect(hmc.bound01).toBeLessThan(meanField.bound01);
  }
  expect(existsSync(join(cut, "report.html"))).toBe(true);

  // Another seed must not go on from these checkpoints, and a mistake in the flags must not remove them.
  await expect(example(cut, ["--resume", "--seed", "1"])).rejects.toThrow(/ended with 2: Cannot resume from .*checkpoints.*seed = 0, this run has 1/);
  await expect(example(cut, ["--only", "no such name"])).rejects.toThrow(/ended with 2: Cannot choose settings/);
  await expect(example(cut, ["--data", join(root, "nowhere")])).rejects.toThrow(/ended with 2: Cannot find .*nowhere/);
  expect(await runs(cut, first)).toEqual(await runs(whole, first));
});
