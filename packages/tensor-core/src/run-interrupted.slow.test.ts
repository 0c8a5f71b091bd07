import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { start } from "./run/child.ts";
import { hostWords, key, type HostKey } from "./random/key.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "lab-interrupted-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

it("run() killed 25 times at any moment, most of them while it writes a checkpoint, gives the bits of one that was not", async () => {
  const [path, steps] = [folder(), 4000];
  const hashOf = (output: string): string | undefined => /^done (\w{64})$/m.exec(output)?.[1];
  const expected = hashOf((await start({ path: folder(), steps, every: 1 }).ended).output);
  expect(expected).toBeDefined();
  let kills = 0;
  for (const word of hostWords(key(25) as HostKey, 25, 0)) {
    const { child, ended, printed } = start({ path, steps, every: 1 });
    await printed("step ");
    await pause(word % 300);
    child.kill("SIGKILL");
    if ((await ended).signal === "SIGKILL") kills += 1;
  }
  expect(kills).toBeGreaterThanOrEqual(10);
  expect(hashOf((await start({ path, steps, every: 1 }).ended).output)).toBe(expected);
});
