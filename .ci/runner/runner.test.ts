import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { execute } from "./execute.ts";
import type { Gate, Outcome } from "./gate.ts";
import { schedule } from "./schedule.ts";
import { statusLine } from "./status-line.ts";

const gate = (name: string, rest: Partial<Gate> = {}): Gate => ({ name, says: name, command: [], ...rest });
const outcome = (g: Gate, status: Outcome["status"] = "passed"): Outcome => ({ gate: g, status, seconds: 0, output: "", passed: 1, failed: 0 });

it("schedule() runs what it can at once and what needs another after it", async () => {
  const log: string[] = [];
  await schedule([gate("a"), gate("b"), gate("c", { needs: ["a"] }), gate("d", { slots: 2 })], {
    slots: 2,
    async execute(g) {
      log.push(`+${g.name}`);
      await new Promise((resolve) => setTimeout(resolve, g.name === "a" ? 5 : 15));
      log.push(`-${g.name}`);
      return outcome(g);
    },
    report: () => {},
  });
  expect(log).toEqual(["+a", "+b", "-a", "+c", "-b", "-c", "+d", "-d"]);
});

it("schedule() blocks what needs a gate that failed, and reports every gate once", async () => {
  const reported: string[] = [];
  const results = await schedule([gate("a"), gate("b", { needs: ["a"] }), gate("c", { needs: ["b"] }), gate("d")], {
    slots: 2,
    execute: (g) => Promise.resolve(outcome(g, g.name === "a" ? "failed" : "passed")),
    report: ({ gate: { name }, status }) => reported.push(`${name} ${status}`),
  });
  expect(reported.toSorted()).toEqual(["a failed", "b blocked", "c blocked", "d passed"]);
  expect(results.map(({ gate: { name } }) => name)).toEqual(["a", "b", "c", "d"]);
});

it("schedule() refuses a gate that needs one which does not come before it", async () => {
  const options = { slots: 2, execute: (g: Gate) => Promise.resolve(outcome(g)), report: () => {} };
  await expect(schedule([gate("a", { needs: ["b"] }), gate("b")], options)).rejects.toThrow('Cannot schedule a: expected "b" before it');
});

const root = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "lab-gate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};
const node = (code: string): string[] => [process.execPath, "-e", code];

it("execute() takes the exit code for the verdict, and keeps the output without noise", async () => {
  const good = await execute(gate("a", { command: node("console.log('fine')") }), { root: root() });
  expect(good).toMatchObject({ status: "passed", output: "fine", passed: 1, failed: 0 });
  const wrong = await execute(gate("a", { command: node("console.error('npm warn x'); console.error('broken'); process.exit(3)") }), { root: root() });
  expect(wrong).toMatchObject({ status: "failed", output: "broken", passed: 0, failed: 1 });
  const missing = await execute(gate("a", { command: ["no-such-command"] }), { root: root() });
  expect(missing).toMatchObject({ status: "failed", failed: 1 });
});

it("execute() adds the tests inside a gate, and fails a gate that ran none", async () => {
  const counts = { file: "counts.json", read: (text: string) => JSON.parse(text) as { passed: number; failed: number } };
  const writing = (value: unknown): string[] => node(`require("fs").writeFileSync("counts.json", ${JSON.stringify(JSON.stringify(value))})`);
  expect(await execute(gate("a", { command: writing({ passed: 5, failed: 0 }), counts }), { root: root() })).toMatchObject({
    status: "passed",
    passed: 6,
    failed: 0,
  });
  expect(await execute(gate("a", { command: writing({ passed: 5, failed: 2 }), counts }), { root: root() })).toMatchObject({
    status: "failed",
    passed: 5,
    failed: 3,
  });
  expect(await execute(gate("a", { command: writing({ passed: 0, failed: 0 }), counts }), { root: root() })).toMatchObject({ status: "failed", failed: 1 });
  expect(await execute(gate("a", { command: node(""), counts }), { root: root() })).toMatchObject({ status: "failed", failed: 1 });
});

it("statusLine() shows what runs below the lines on a terminal, and only the lines elsewhere", () => {
  for (const isTTY of [true, false]) {
    let text = "";
    const line = statusLine({ stream: { isTTY, write: (more: string) => (text += more) } });
    line.start("tests");
    line.print("✓ lint");
    line.end("tests");
    line[Symbol.dispose]();
    expect(text.includes("tests 0 s")).toBe(isTTY);
    expect(text.includes("✓ lint\n")).toBe(true);
    if (!isTTY) expect(text).toBe("✓ lint\n");
  }
});
