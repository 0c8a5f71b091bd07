import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { engine, read, safetensors, storedTensors, type StoredTensor } from "@lab/tensor-core";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { Task } from "../harness/contestant.ts";
import type { Contest, Inputs, Module } from "./contest.ts";

type Request =
  | { readonly do: "facts" | "memory" }
  | ({ readonly do: "write" | "ready" } & Task)
  | { readonly do: "turn"; readonly iterations: number; readonly warm: number };

const { name, version, threads } = await engine();
let contest: Contest | undefined;

async function load(module: string): Promise<Module> {
  return (await import(`./${module}.ts`)) as Module;
}

async function write({ module, inputs: file, settings }: Task): Promise<object> {
  const { inputs } = await load(module);
  const given = await inputs(settings);
  const host = await read(given);
  const tensors = Object.fromEntries(
    Object.entries(given).map(([path, { dtype, shape }]): [string, StoredTensor] => [
      path,
      { dtype: dtype as StoredTensor["dtype"], shape, data: host[path]!.data },
    ]),
  );
  for (const x of Object.values(given)) x.dispose();
  writeFileSync(file, safetensors({ tensors, metadata: {} }));
  return {};
}

function uploaded(file: string): Inputs {
  const stored = Object.entries(storedTensors(readFileSync(file)).tensors);
  return Object.fromEntries(stored.map(([path, { data, shape, dtype }]): [string, Tensor] => [path, tensor(data, [...shape], dtype)]));
}

async function prepare({ module, inputs: file, settings }: Task): Promise<object> {
  const { ready } = await load(module);
  const given = file === "" ? {} : uploaded(file);
  const start = performance.now();
  contest = ready(given, settings);
  const values = await contest.values();
  return { seconds: (performance.now() - start) / 1000, values };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function turn({ iterations, warm }: { readonly iterations: number; readonly warm: number }): Promise<object> {
  if (contest === undefined) throw new Error("expected to be made ready first");
  const cpuBefore = cpuSeconds();
  await contest.iterate(warm);
  const start = performance.now();
  await contest.iterate(iterations);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, cpuBefore, cpuAfter: cpuSeconds(), ...(contest.drawn !== undefined && { drawn: contest.drawn() }) };
}

/** The most that was resident, bytes: the system's own count where there is one. */
function peakMemory(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

async function answer(request: Request): Promise<object> {
  switch (request.do) {
    case "facts":
      return { versions: { engine: `${name} ${version}`, threads: String(threads), node: process.versions.node } };
    case "write":
      return write(request);
    case "ready":
      return prepare(request);
    case "turn":
      return turn(request);
    case "memory":
      return { peak: peakMemory() };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answered: object;
  try {
    answered = await answer(JSON.parse(line) as Request);
  } catch (error) {
    answered = { error: (error as Error).message, trace: (error as Error).stack };
  }
  process.stdout.write(`${JSON.stringify(answered)}\n`);
}
