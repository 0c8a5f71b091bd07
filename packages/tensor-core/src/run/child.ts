import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How a process ended, and all that it printed. */
export type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly output: string };

const PROGRAM = `
import { createHash } from "node:crypto";
import { add, mul, scalar, sum } from "@tensorflow/tfjs-core";
import { engine } from ${JSON.stringify(new URL("../engine.ts", import.meta.url).href)};
import { key } from ${JSON.stringify(new URL("../random/key.ts", import.meta.url).href)};
import { normal } from ${JSON.stringify(new URL("../random/draw.ts", import.meta.url).href)};
import { run } from ${JSON.stringify(new URL("../run.ts", import.meta.url).href)};
const [path, steps, every] = process.argv.slice(-3);
await engine();
const walk = {
  init: (x) => ({ x, n: scalar(0, "int32") }),
  step(k, { x, n }) {
    const next = add(mul(x, 0.5), normal(k, [1000]));
    return [{ x: next, n: add(n, scalar(1, "int32")) }, { square: sum(mul(next, next)) }];
  },
};
const hash = (...arrays) => arrays.reduce((h, a) => h.update(new Uint8Array(a.buffer, a.byteOffset, a.byteLength)), createHash("sha256")).digest("hex");
const progress = { update: (step) => process.stdout.write("step " + step + "\\n"), [Symbol.dispose]() {} };
try {
  const result = await run(walk, scalar(1), {
    key: key(9), steps: Number(steps), progress, checkpoint: { path, every: Number(every), resume: true },
    record: ({ x, n }, { square }) => ({ n, square }),
  });
  process.stdout.write("done " + hash(result.trace.n.data, result.trace.square.data, result.state.value.x.dataSync()) + "\\n");
} catch (error) {
  process.stdout.write("error " + error.message + "\\n");
  process.exitCode = 3;
}
`;

/** Starts a run of many short steps in a process of its own, which goes on from the checkpoint in \`path\`; it prints each step, and a hash of all results. */
export function start({ path, steps, every }: { path: string; steps: number; every: number }): {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  printed(text: string): Promise<void>;
} {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const flags = ["--conditions=@lab/source", "--import", "tsx", "--input-type=module", "--eval", PROGRAM, "--"];
  const child = spawn(process.execPath, [...flags, path, String(steps), String(every)], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  const waiting = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    for (const look of waiting) look();
  });
  const ended = new Promise<Ending>((resolve) => {
    child.on("close", (code, signal) => {
      resolve({ code, signal, output });
      for (const look of waiting) look();
    });
  });
  return {
    child,
    ended,
    printed: (text) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (!output.includes(text) && child.exitCode === null && child.signalCode === null) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
