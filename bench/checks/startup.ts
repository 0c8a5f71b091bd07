import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { readable } from "../harness/scores.ts";
import { spread, type Spread } from "../harness/spread.ts";
import type { Finding } from "./checks.ts";

const execute = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
const PROCESSES = 7;

/** Seconds from `import` to the first result, at most. */
const LIMITS: { readonly [engine: string]: number } = { native: 1.5, wasm: 0.5 };

/** What a user's first lines do, timed from inside; `sinceStart` counts Node's own start too. */
const FIRST_LINES = `
const start = performance.now();
const { engine } = await import("@lab/tensor-core");
const { matMul, ones } = await import("@tensorflow/tfjs-core");
const { name } = await engine();
const [result] = matMul(ones([8, 8]), ones([8, 8])).dataSync();
const end = performance.now();
process.stdout.write(JSON.stringify({ name, result, seconds: (end - start) / 1000, sinceStart: end / 1000 }));
`;

function newest(folder: string): number {
  return Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs),
  );
}

/** Users import what is built; it is built if the sources are newer. */
async function built(): Promise<void> {
  const folder = join(root, "packages", "tensor-core");
  const dist = join(folder, "dist", "index.js");
  try {
    if (statSync(dist).mtimeMs > newest(join(folder, "src"))) return;
  } catch {
    // Not built yet.
  }
  await execute(process.execPath, [join(root, "node_modules", "tsdown", "dist", "run.mjs")], { cwd: folder });
}

/**
 * Import to first result in fresh processes, native and WASM in turn: the median of seven.
 *
 * @throws Error if an engine does not start or computes something else
 */
export async function startup({ threads }: { readonly threads: number }): Promise<Finding> {
  await built();
  const times: { [engine: string]: { readonly seconds: number; readonly sinceStart: number }[] } = { native: [], wasm: [] };
  for (let i = 0; i <= PROCESSES; i++)
    for (const [engine, all] of Object.entries(times)) {
      const env = { ...process.env, LAB_ENGINE: engine, LAB_THREADS: String(threads) };
      const { stdout } = await execute(process.execPath, ["--input-type=module", "--eval", FIRST_LINES], { cwd: join(root, "bench"), env });
      const { name, result, ...time } = JSON.parse(stdout) as { name: string; result: number; seconds: number; sinceStart: number };
      if (name !== engine || result !== 8) throw new Error(`Cannot start ${engine}: expected its result 8, got ${result} from ${name}`);
      // The first process of each fills the disk's cache.
      if (i > 0) all.push(time);
    }
  const report: { [engine: string]: { readonly importToResult: Spread; readonly processToResult: Spread; readonly limit: number } } = {};
  for (const [engine, all] of Object.entries(times)) {
    report[engine] = {
      importToResult: spread(all.map(({ seconds }) => seconds)),
      processToResult: spread(all.map(({ sinceStart }) => sinceStart)),
      limit: LIMITS[engine]!,
    };
  }
  const lines = Object.entries(report).map(
    ([engine, { importToResult, processToResult, limit }]) =>
      `startup: ${engine}, import to first result ${readable(importToResult.median)} (below ${limit} s ${importToResult.median < limit ? "✓" : "✗"}), from the start of the process ${readable(processToResult.median)}`,
  );
  return { report, text: lines.join("\n") };
}
