import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

export type ExampleRun = {
  /** Without `.ts`. */
  readonly name: string;
  readonly out: string;
  readonly flags?: readonly string[];
  /** Asked every few milliseconds; once it holds, and still does with the example halted, the example is killed with SIGKILL. */
  readonly killed?: () => boolean;
};

/**
 * The JSON that the short form of an example prints last; undefined if it was killed.
 *
 * @throws Error with what the example wrote to standard error, if it fails
 */
export function exampleJson<Result>({ name, out, flags = [], killed }: ExampleRun): Promise<Result | undefined> {
  const child = spawn(
    process.execPath,
    [
      "--conditions=@lab/source",
      "--import",
      import.meta.resolve("tsx"),
      join(import.meta.dirname, "..", `${name}.ts`),
      "--smoke",
      "--json",
      "--out",
      out,
      ...flags,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => (output += String(text)));
  child.stderr.on("data", (text) => (errors += String(text)));
  if (killed) void killedWithin(child, killed);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve(undefined);
      else if (code === 0) resolve(JSON.parse(output.trim().split("\n").at(-1)!) as Result);
      else reject(new Error(`The example ended with ${code}: ${errors}`));
    });
  });
}

/** Kills a process while `killed` holds: what held a moment ago may be over, so it is halted first, asked about again, and let go on if it came too far. */
async function killedWithin(child: ChildProcess, killed: () => boolean): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    await setTimeout(2);
    if (!killed()) continue;
    child.kill("SIGSTOP");
    await setTimeout(10);
    child.kill(killed() ? "SIGKILL" : "SIGCONT");
  }
}
