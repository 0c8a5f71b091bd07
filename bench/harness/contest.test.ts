import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { terminalTable } from "@lab/tensor-core/report";
import type { Work } from "../work/works.ts";
import { contest } from "./contest.ts";
import type { Launch } from "./contestant.ts";
import { machine } from "./machine.ts";
import { keep, type Record } from "./results.ts";
import { scores } from "./scores.ts";

const work: Work = {
  name: "fake",
  title: "Nothing",
  module: "none",
  settings: { loss: 2 },
  tolerance: { relative: 1e-6, absolute: 0 },
  goals: { "JAX jit": 3, "PyTorch eager": 2 },
};

function fake(name: string, seconds: number, fault = ""): Launch {
  return { name, command: process.execPath, args: [join(import.meta.dirname, "fake-peer.mjs"), String(seconds), fault], env: process.env };
}

test("contest() measures every contestant in every round and compares it with ours", async () => {
  const result = await contest(work, [fake("ours", 0.01), fake("JAX jit", 0.02)], { rounds: 3, turn: 0.1 });
  expect(result.values).toEqual({ loss: [2] });
  const [own, theirs] = result.standings;
  expect(own).toMatchObject({ name: "ours", iterations: 10, prepareSeconds: 0.5, versions: { fake: "1" } });
  expect(own!.ratio).toBeUndefined();
  expect(theirs!.rounds).toHaveLength(3);
  expect(theirs!.iterations).toBe(5);
  expect(theirs!.ratio!.median).toBeCloseTo(2, 10);
  expect(theirs!.difference).toBe(0);
  // Two turns to calibrate and one a round.
  expect(theirs!.peakMemory).toBe(5);
  // A second of processor time between each turn and the next, far more than went by.
  expect(theirs!.idle).toBeGreaterThan(1);
});

test("contest() refuses a peer that computes something else", async () => {
  await expect(contest(work, [fake("ours", 0.01), fake("JAX jit", 0.02, "wrong")], { rounds: 1 })).rejects.toThrow(
    'Cannot compare JAX jit with ours: expected "loss" [0]',
  );
});

test("contest() reports a contestant's error, and the last words of one that dies, by its name", async () => {
  await expect(contest(work, [fake("ours", 0.01, "refuses")], { rounds: 1 })).rejects.toThrow("Cannot bench ours: no such work");
  await expect(contest(work, [fake("ours", 0.01), fake("JAX jit", 0.01, "dies")], { rounds: 3 })).rejects.toThrow(
    /Cannot bench JAX jit: it ended with code 3\nout of luck/,
  );
  const absent: Launch = { name: "absent", command: join(tmpdir(), "no-such-command"), args: [], env: {} };
  await expect(contest(work, [absent], { rounds: 1 })).rejects.toThrow("Cannot bench absent: spawn");
});

test("contest() refuses no rounds", async () => {
  await expect(contest(work, [fake("ours", 0.01)], { rounds: 0 })).rejects.toThrow("expected a whole number of rounds of at least 1, got 0");
});

test("scores() shows the goal beside each ratio, and whether it is reached", async () => {
  const result = await contest(work, [fake("ours", 0.01), fake("PyTorch eager", 0.02), fake("JAX jit", 0.02)], { rounds: 2, turn: 0.1 });
  const { headers, cells } = scores(result, work.goals);
  expect(headers).toEqual(["", "time", "quartiles", "processor", "theirs / ours", "goal", "peak memory", "first result"]);
  expect(cells.map(([name, time, , , ratio, goal]) => [name, time, ratio, goal])).toEqual([
    ["ours", "10 ms", "", ""],
    ["PyTorch eager", "20 ms", "2.00 (2.00–2.00)", "≥ 2 ✓"],
    ["JAX jit", "20 ms", "2.00 (2.00–2.00)", "≥ 3 ✗"],
  ]);
  expect(await terminalTable(scores(result, work.goals))).toContain("fake: Nothing");
});

test("keep() writes a dated record that says nothing of hosts, users or folders", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
  try {
    const result = await contest(work, [fake("ours", 1 / 3)], { rounds: 1 });
    const record: Record = { date: "2030-01-02T03:04:05.678Z", machine: machine(), threads: 2, rounds: 1, results: [result], checks: {} };
    const file = await keep(record, "fake", folder);
    expect(file).toBe(join(folder, "2030-01-02-fake.json"));
    const text = await readFile(file, "utf8");
    expect(JSON.parse(text)).toMatchObject({ threads: 2, results: [{ work: "fake", standings: [{ name: "ours", seconds: { median: 0.333333 } }] }] });
    for (const secret of [process.cwd(), tmpdir(), (await import("node:os")).hostname()]) expect(text).not.toContain(secret);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
