import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleJson } from "./testing/example-json.ts";

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

/** The JSON of the example without times; with `until`, it is killed as soon as that folder of checkpoints is there, and gives none. */
async function example(out: string, flags: readonly string[], until?: string): Promise<Result | undefined> {
  const killed = until === undefined ? {} : { killed: () => existsSync(join(out, "checkpoints", until)) };
  const result = await exampleJson<Result>({ name: "pacbayes-mnist", out, flags, ...killed });
  return result && { settings: result.settings.map((setting) => ({ ...setting, seconds: 0 })) };
}

test("pacbayes-mnist --resume after kill -9 within the second setting gives the JSON of an uninterrupted run, but for its seconds", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const expected = (await example(whole, []))!;
  const [first, second] = expected.settings.map(({ name }) => name) as [string, string];
  expect(await example(cut, [], join(second, "rung 05, warm-up"))).toBe(undefined);
  const runs = (out: string, setting: string): Promise<readonly string[]> => readdir(join(out, "checkpoints", setting));
  expect(await runs(cut, first)).toEqual(await runs(whole, first));
  expect((await runs(cut, second)).length).toBeLessThan((await runs(whole, second)).length);
  expect(await example(cut, ["--resume"])).toEqual(expected);

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
