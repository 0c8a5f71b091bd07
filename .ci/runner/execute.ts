import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Count, Gate, Outcome } from "./gate.ts";

/** Runs the command of a gate, keeping its output for the case that it fails. */
export async function execute(gate: Gate, { root }: { readonly root: string }): Promise<Outcome> {
  const start = performance.now();
  if (gate.counts !== undefined) rmSync(join(root, gate.counts.file), { force: true });
  const { code, output } = await command(gate, root);
  const counted = gate.counts === undefined ? undefined : count(gate.counts, root);
  const passed = code === 0 && (counted === undefined || (counted.failed === 0 && counted.passed > 0));
  const tests = counted ?? { passed: 0, failed: 0 };
  return {
    gate,
    status: passed ? "passed" : "failed",
    seconds: (performance.now() - start) / 1000,
    output: tidied(output),
    passed: tests.passed + Number(passed),
    failed: tests.failed + Number(!passed),
  };
}

function command({ command: [file = "", ...args], env }: Gate, root: string): Promise<{ code: number | null; output: string }> {
  const path = [join(root, "node_modules/.bin"), process.env["PATH"]].join(delimiter);
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env: { ...process.env, ...QUIET, ...env, PATH: path }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => resolve({ code: 1, output: `${output}${error.message}\n` }));
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** No telemetry, no advice to update. */
const QUIET = { CI: "1", DO_NOT_TRACK: "1", TURBO_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1", TF_CPP_MIN_LOG_LEVEL: "3" };

function count({ file, read }: NonNullable<Gate["counts"]>, root: string): Count | undefined {
  try {
    return read(readFileSync(join(root, file), "utf8"));
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** Without colours, and without what package managers say about a user's own configuration. */
function tidied(output: string): string {
  return stripVTControlCharacters(output)
    .split("\n")
    .filter((line) => !/^npm (warn|notice)|^\(node:\d+\) .*Warning: |^\(Use `node --trace-/.test(line))
    .join("\n")
    .trim();
}
