import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const script = join(import.meta.dirname, "sam-vi-mnist.ts");
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sam-vi-mnist-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Spread = { readonly mean: number; readonly se: number };
type Run = { readonly algorithm: string; readonly gradientEvaluations: number; readonly accuracy: Spread; readonly ece: Spread };
type Result = { readonly engine: string; readonly runs: readonly Run[] };

const names = (out: string): readonly string[] => (existsSync(join(out, "checkpoints")) ? readdirSync(join(out, "checkpoints")) : []);
const results = (out: string): readonly string[] => names(out).filter((name) => name.endsWith(".json"));
/** Trainings that are under way and have kept their state. */
const begun = (out: string): readonly string[] => names(out).filter((name) => existsSync(join(out, "checkpoints", name, "checkpoint.json")));

/** The JSON of the example without times; with `killed`, it is killed with SIGKILL within a training after that many, and gives none. */
function example(out: string, flags: readonly string[], killed?: { readonly after: number }): Promise<Result | undefined> {
  const child = spawn(
    process.execPath,
    ["--conditions=@lab/source", "--import", import.meta.resolve("tsx"), script, "--smoke", "--json", "--out", out, ...flags],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => (output += String(text)));
  child.stderr.on("data", (text) => (errors += String(text)));
  const watch = killed && setInterval(() => results(out).length >= killed.after && begun(out).length > 0 && child.kill("SIGKILL"), 2);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      if (signal === "SIGKILL") resolve(undefined);
      else if (code === 0) {
        const { engine, runs } = JSON.parse(output.trim().split("\n").at(-1)!) as Result;
        resolve({ engine, runs });
      } else reject(new Error(`The example ended with ${code}: ${errors}`));
    });
  });
}

test("sam-vi-mnist --resume after kill -9 within a training gives the JSON of an uninterrupted run, but for its seconds", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const expected = await example(whole, []);
  expect(await example(cut, [], { after: 3 })).toBe(undefined);
  expect(results(cut).length).toBeLessThan(results(whole).length);
  // One training has kept its state, and not yet its result.
  expect(begun(cut).filter((name) => !results(cut).includes(`${name}.json`))).toHaveLength(1);
  expect(await example(cut, ["--resume"])).toEqual(expected);
  expect(begun(cut)).toEqual([]);

  // What the numbers must obey, whatever they are.
  const budgets = new Set(expected!.runs.map(({ gradientEvaluations }) => gradientEvaluations));
  expect(budgets.size).toBe(2);
  for (const { accuracy, ece } of expected!.runs) {
    for (const { mean } of [accuracy, ece]) expect(mean).toBeGreaterThanOrEqual(0);
    for (const { mean } of [accuracy, ece]) expect(mean).toBeLessThanOrEqual(1);
  }

  // Another seed must not go on from these checkpoints.
  await expect(example(cut, ["--resume", "--seed", "1"])).rejects.toThrow(/checkpoint/i);
});
