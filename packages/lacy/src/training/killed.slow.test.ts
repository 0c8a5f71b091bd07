import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

const PROGRAM = `
import { createHash } from "node:crypto";
import { cast } from "@tensorflow/tfjs-core";
import { adamw, decoder, engine, key, tensors } from "@lab/tensor-core";
import { batches } from "@lab/tensor-core/data";
import { runLog } from "@lab/tensor-core/report";
import { lacy } from ${at("../selection/lacy.ts")};
import { pretrain } from ${at("./pretrain.ts")};
import { pretrained } from ${at("./pretrained.ts")};
import { LEXICON, sentences } from ${at("./sentences.ts")};
import { windows } from ${at("./windows.ts")};
const [path] = process.argv.slice(-1);
const log = runLog(path + "-log");
await engine();
const call = LEXICON.length;
const model = decoder({ vocabulary: call + 1, context: 22, layers: 1, channels: 16, heads: 2 });
const rows = windows(sentences(64), { context: 22, separator: 0, call, flags: ["factual"] });
const algorithm = pretrain(model, { calls: lacy({ fraction: 0.05 }), evidence: ({ factual }) => ({ factual: cast(factual, "bool") }), transform: adamw(0.01) });
const result = await pretrained(algorithm, model.init(key(7)), {
  key: key(1), data: batches(rows, { key: key(2), size: 4, dropLast: true }), steps: 150, log, logEvery: 7,
  checkpoint: { path, every: 10, resume: true }, progress: { update: (step) => process.stdout.write("step " + step + "\\n") },
});
const hash = createHash("sha256");
for (const x of tensors(result.state.value)) hash.update(new Uint8Array(x.dataSync().buffer));
process.stdout.write("weights " + hash.digest("hex") + "\\n");
`;

const folders: string[] = [];
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

/** Trains in a process of its own, killed when it has printed \`until\`; returns all that it printed. */
async function training(path: string, until?: string): Promise<string> {
  const flags = ["--conditions=@lab/source", "--import", "tsx", "--input-type=module", "--eval", PROGRAM, "--", path];
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const child = spawn(process.execPath, flags, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (until !== undefined && output.includes(until)) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("close", resolve));
  return output;
}

/** The log without its times. */
function logged(path: string): { readonly step: number }[] {
  const lines = readFileSync(join(`${path}-log`, "log.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => ({ ...(JSON.parse(line) as { readonly step: number }), seconds: 0 }));
}

it("pretrained() that is killed with SIGKILL, twice, and resumed ends with the weights and the log of one that was not", async () => {
  const [whole, killed] = [0, 1].map(() => folders[folders.push(mkdtempSync(join(tmpdir(), "lab-killed-"))) - 1]!) as [string, string];
  const truth = /weights (\w+)/.exec(await training(join(whole, "checkpoint")))?.[1];
  expect(truth).toMatch(/^[0-9a-f]{64}$/);
  const path = join(killed, "checkpoint");
  expect(await training(path, "step 33\n")).not.toContain("weights");
  // The log is there as it trains.
  expect(logged(path).map(({ step }) => step)).toEqual([7, 14, 21, 28]);
  const second = await training(path, "step 101\n");
  expect(second).not.toContain("weights");
  // It went on from a checkpoint, not from the start.
  expect(second).not.toContain("step 5\n");
  expect(/weights (\w+)/.exec(await training(path))?.[1]).toBe(truth);
  expect(logged(path)).toEqual(logged(join(whole, "checkpoint")));
  expect(logged(path).map(({ step }) => step)).toEqual([...Array.from({ length: 21 }, (_, i) => 7 * (i + 1)), 150]);
});
