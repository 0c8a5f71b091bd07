import type { Figures } from "./progress.ts";
import { eventFileStart, scalarsEvent, sessionStart } from "./event-file.ts";

/** Where the figures of a run are written, step by step; disposing of it closes the files. */
export interface RunLog extends Disposable {
  write(step: number, figures: Figures): void;
}

/** The name of the file of JSON Lines in a run's folder. */
const LINES = "log.jsonl";

/**
 * A log of a run in a folder: `log.jsonl`, one object `{ step, seconds, … }` a line, and an event file that TensorBoard reads; `seconds` since 1970.
 *
 * A run that is resumed goes on in the same folder: at its first line, what an earlier session wrote from that step on is dropped, so that each step stands
 * once. JSON has no NaN and no infinity: they are written as null.
 *
 * @throws what the file system throws, for a folder that cannot be made or written to
 * @example
 * ```ts
 * import { mkdtempSync, readFileSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { runLog } from "@lab/tensor-core/report";
 * const folder = mkdtempSync(join(tmpdir(), "run-"));
 * { using log = runLog(folder, { now: () => 5000 }); log.write(1, { loss: 2.5 }); }
 * const text = readFileSync(join(folder, "log.jsonl"), "utf8");
 * rmSync(folder, { recursive: true });
 * text; // => '{"step":1,"seconds":5,"loss":2.5}\n'
 * ```
 */
export function runLog(folder: string, { now = () => Date.now() }: { readonly now?: () => number } = {}): RunLog {
  const fs = process.getBuiltinModule("node:fs");
  const { join } = process.getBuiltinModule("node:path");
  fs.mkdirSync(folder, { recursive: true });
  const path = join(folder, LINES);
  let files: { readonly lines: number; readonly events: number } | undefined;

  function opened(step: number): { readonly lines: number; readonly events: number } {
    const kept = fs.existsSync(path) ? linesBefore(fs.readFileSync(path, "utf8"), step) : "";
    fs.writeFileSync(path, kept);
    const seconds = now() / 1000;
    const { hostname } = process.getBuiltinModule("node:os");
    const events = fs.openSync(
      join(folder, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${Math.floor(performance.now() * 1000)}`),
      "a",
    );
    fs.writeSync(events, eventFileStart(seconds));
    fs.writeSync(events, sessionStart(seconds, step));
    return { lines: fs.openSync(path, "a"), events };
  }

  return {
    write(step, figures) {
      files ??= opened(step);
      const seconds = now() / 1000;
      fs.writeSync(files.lines, `${JSON.stringify({ step, seconds, ...figures })}\n`);
      fs.writeSync(files.events, scalarsEvent(seconds, step, figures));
    },
    [Symbol.dispose]() {
      if (files === undefined) return;
      fs.closeSync(files.lines);
      fs.closeSync(files.events);
      files = undefined;
    },
  };
}

/** The whole lines of earlier steps; a line that was cut short when its process died is dropped. */
function linesBefore(text: string, step: number): string {
  return text
    .split("\n")
    .filter((line) => {
      try {
        return (JSON.parse(line) as { readonly step?: number }).step! < step;
      } catch {
        return false;
      }
    })
    .map((line) => `${line}\n`)
    .join("");
}
