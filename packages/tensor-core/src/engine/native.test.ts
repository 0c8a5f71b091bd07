import { spawn } from "node:child_process";
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeMachine } from "./fake-machine.ts";
import { applyNativeEnvironment, nativeEnvironment, nativeThreads, quiet } from "./flags.ts";
import { installedEngines } from "./installed.ts";
import { BINDING, HUSH } from "./manifest.ts";
import { tfjsNode } from "./tfjs-node.ts";

const program = `
  const { engine } = await import(${JSON.stringify(join(import.meta.dirname, "..", "engine.ts"))});
  const { matMul, tensor2d } = await import("@tensorflow/tfjs-core");
  try {
    const { name, line } = await engine();
    const x = matMul(tensor2d([[1, 2], [3, 4]]), tensor2d([[5, 6], [7, 8]]));
    console.log(JSON.stringify({ name, line, x: [...x.dataSync()] }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
`;

/** A graph is compiled too, which says the most. */
const inWorker = `
  const { Worker } = await import("node:worker_threads");
  const body = ${JSON.stringify(program.replace("const x =", 'const { jit } = await import("JIT"); jit((x) => matMul(x, x))(tensor2d([[1, 2], [3, 4]])); const x ='))};
  new Worker("(async () => { (await import('tsx/esm/api')).register();" + body + "})()", { eval: true });
`.replace("JIT", join(import.meta.dirname, "..", "jit.ts"));

/** What a program of its own gets from `engine()`: which engine runs is decided once per process. */
function fresh(env: NodeJS.ProcessEnv, source: string = program): Promise<{ said: Record<string, unknown>; stderr: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions=@lab/source", "--input-type=module", "-e", source], {
    env,
    cwd: join(import.meta.dirname, "..", ".."),
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => child.on("close", () => resolve({ said: stdout === "" ? {} : (JSON.parse(stdout) as Record<string, unknown>), stderr })));
}

const product = [19, 22, 43, 50];

test("engine() runs on WASM where the native engine is not installed, and says how to get it", async () => {
  using machine = fakeMachine();
  const { said, stderr } = await fresh({ ...machine.env, LAB_ENGINE: "" });
  expect(said).toEqual({ name: "wasm", line: "wasm: the native engine is not installed (npx lab-engine install)", x: product });
  expect(stderr).toBe("");
});

test("engine() fails clearly where LAB_ENGINE=native and it is not installed", async () => {
  using machine = fakeMachine();
  const { said } = await fresh({ ...machine.env, LAB_ENGINE: "native" });
  expect(said).toEqual({ error: "Cannot start the native engine that LAB_ENGINE forces: the native engine is not installed (npx lab-engine install)" });
});

test("engine() does not load a damaged engine", async () => {
  using machine = fakeMachine();
  await machine.start(["install"]).ended;
  const [name] = readdirSync(machine.engines);
  truncateSync(join(machine.engines, name!, BINDING), 100);
  const { said } = await fresh({ ...machine.env, LAB_ENGINE: "" });
  expect(said).toMatchObject({ name: "wasm", x: product });
  expect(said["line"]).toMatch(/^wasm: the native engine is damaged: tfjs_binding\.node has 100 bytes, expected \d+ \(npx lab-engine install\)$/);
});

test("engine() says what the loader said of a library that does not load, and goes on with WASM", async () => {
  using machine = fakeMachine();
  await machine.start(["install"]).ended;
  const [name] = readdirSync(machine.engines);
  const folder = join(machine.engines, name!);
  for (const addon of [BINDING, HUSH]) writeFileSync(join(folder, addon), "no library");
  const manifest = { format: 1, platform: `${process.platform}-${process.arch}`, tfjs: "4.22.0", tensorflow: "2.19.0", files: [] };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  const { said } = await fresh({ ...machine.env, LAB_ENGINE: "" });
  expect(said["line"]).toMatch(/^wasm: the native engine does not load: .*hush\.node.* \(npx lab-engine doctor\)$/);
});

test("the installed native engine computes and keeps standard error clean", async () => {
  const { LAB_ENGINE: _, ...env } = process.env;
  const { said, stderr } = await fresh(env);
  expect(said["x"]).toEqual(product);
  expect(stderr).toBe("");
  // Where nothing is installed, this is WebAssembly.
  expect(said["name"]).toBe(installedEngines(tfjsNode()!.version).length > 0 ? "native" : "wasm");
});

test("the native engine is as quiet in a worker thread, where process.env is a copy", async () => {
  const { LAB_ENGINE: _, ...env } = process.env;
  expect(await fresh(env, inWorker)).toEqual({ said: expect.objectContaining({ x: product }) as unknown, stderr: "" });
});

test("applyNativeEnvironment() leaves what the user has set", () => {
  const wanted = nativeEnvironment({ threads: 4, products: true });
  const env = { TF_CPP_MIN_LOG_LEVEL: "0" };
  applyNativeEnvironment(wanted, env);
  expect(env).toEqual({ ...wanted, TF_CPP_MIN_LOG_LEVEL: "0" });
  expect(quiet(env)).toBe(false);
  expect(quiet({ ...wanted })).toBe(true);
});

test("nativeEnvironment() leaves TensorFlow one thread of two where products are ours, and all of them elsewhere", () => {
  const threads = (threads: number, products: boolean) => {
    const { LAB_THREADS, TF_NUM_INTRAOP_THREADS } = nativeEnvironment({ threads, products });
    return [LAB_THREADS, TF_NUM_INTRAOP_THREADS];
  };
  expect([threads(1, true), threads(2, true), threads(8, true), threads(2, false)]).toEqual([
    ["1", "1"],
    ["2", "1"],
    ["8", "8"],
    ["2", "2"],
  ]);
});

test("nativeThreads() is what the user says, else one for each core, and refuses what is no number of threads", () => {
  expect(nativeThreads({})).toBe(availableParallelism());
  expect(nativeThreads({ TF_NUM_INTRAOP_THREADS: "3" })).toBe(3);
  expect(nativeThreads({ LAB_THREADS: "5", TF_NUM_INTRAOP_THREADS: "3" })).toBe(5);
  expect(nativeThreads({ LAB_THREADS: "", TF_NUM_INTRAOP_THREADS: "" })).toBe(availableParallelism());
  for (const wrong of ["0", "1.5", "many", "-2"])
    expect(() => nativeThreads({ LAB_THREADS: wrong })).toThrow(`LAB_THREADS must be a whole number of at least 1, got "${wrong}"`);
});
