import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { start } from "./run/child.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "lab-interrupted-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const STEPS = 300;
const hashOf = (output: string): string | undefined => /^done (\w{64})$/m.exec(output)?.[1];
const firstStep = (output: string): number => Number(/^step (\d+)$/m.exec(output)?.[1]);

it("run() killed by SIGKILL and resumed, again and again, gives the bits of one that was not", async () => {
  const whole = start({ path: folder(), steps: STEPS, every: 7 });
  const expected = hashOf((await whole.ended).output);
  expect(expected).toBeDefined();

  const path = folder();
  for (const at of [40, 210]) {
    const { child, ended, printed } = start({ path, steps: STEPS, every: 7 });
    await printed(`step ${at}\n`);
    child.kill("SIGKILL");
    const { signal, output } = await ended;
    expect([signal, hashOf(output)]).toEqual(["SIGKILL", undefined]);
  }
  const { output } = await start({ path, steps: STEPS, every: 7 }).ended;
  // It went on from a checkpoint, and not from the beginning.
  expect(firstStep(output)).toBeGreaterThan(200);
  expect(hashOf(output)).toBe(expected);
});

it("run() at Ctrl-C writes a checkpoint, says where it stands, and goes on from there", async () => {
  const path = folder();
  const first = start({ path, steps: 100_000, every: 90_000 });
  await first.printed("step 50\n");
  first.child.kill("SIGINT");
  const { code, output } = await first.ended;
  const [, step] = /^error Interrupted at step (\d+) of 100000; the checkpoint in .* goes on from there$/m.exec(output)!;
  expect(code).toBe(3);
  expect(Number(step)).toBeGreaterThanOrEqual(50);

  const second = start({ path, steps: Number(step) + 5, every: 90_000 });
  const after = (await second.ended).output;
  expect(firstStep(after)).toBe(Number(step) + 1);
  expect(hashOf(after)).toBeDefined();
});
