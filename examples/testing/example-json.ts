import { spawn } from "node:child_process";
import { join } from "node:path";

export type ExampleRun = {
  /** Without `.ts`. */
  readonly name: string;
  readonly out: string;
  readonly flags?: readonly string[];
  /** Asked every few milliseconds; once it holds, the example is killed with SIGKILL. */
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
  const watch = killed && setInterval(() => killed() && child.kill("SIGKILL"), 2);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      if (signal === "SIGKILL") resolve(undefined);
      else if (code === 0) resolve(JSON.parse(output.trim().split("\n").at(-1)!) as Result);
      else reject(new Error(`The example ended with ${code}: ${errors}`));
    });
  });
}
