import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { eventFileStart, scalarsEvent, sessionStart } from "./event-file.ts";
import { runLog } from "./run-log.ts";

const made: string[] = [];
const folder = (): string => made[made.push(mkdtempSync(join(tmpdir(), "lab-log-"))) - 1]!;
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

describe("runLog()", () => {
  it("runLog() writes the bytes that TensorBoard's own writer and reader agree on", () => {
    const golden = JSON.parse(readFileSync(new URL("../../../../golden/tensor-core/event-file.json", import.meta.url), "utf8")) as {
      readonly records: readonly string[];
    };
    const ours = [eventFileStart(1.5), sessionStart(2, 7), scalarsEvent(2.5, 7, { loss: 0.1, "rate/call": 0.15 }), scalarsEvent(3, 300, { loss: Infinity })];
    expect(ours.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(golden.records);
  });

  it("runLog() goes on after an earlier session: each step stands once, half a line is dropped", () => {
    const at = folder();
    {
      using log = runLog(at, { now: () => 1000 });
      for (const step of [10, 20, 30]) log.write(step, { loss: step });
    }
    appendFileSync(join(at, "log.jsonl"), '{"step":40,"se');
    {
      using log = runLog(at, { now: () => 2000 });
      log.write(20, { loss: NaN });
      log.write(30, { loss: -1 });
    }
    const lines = readFileSync(join(at, "log.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      { step: 10, seconds: 1, loss: 10 },
      { step: 20, seconds: 2, loss: null },
      { step: 30, seconds: 2, loss: -1 },
    ]);
    expect(readdirSync(at).filter((name) => name.startsWith("events.out.tfevents.")).length).toBe(2);
  });

  it("runLog() that is never written to leaves no file", () => {
    const at = folder();
    runLog(at)[Symbol.dispose]();
    expect(readdirSync(at)).toEqual([]);
  });
});
