import { grad, square, sum, tensor1d, getBackend, type Tensor } from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { engine, type EngineName } from "./engine.ts";
import { installedEngines } from "./engine/installed.ts";
import { nativeBackend } from "./engine/native-backend.ts";
import { tfjsNode } from "./engine/tfjs-node.ts";

afterEach(() => vi.unstubAllEnvs());

const installed = installedEngines(tfjsNode()!.version).length > 0;
const here: readonly EngineName[] = installed ? ["native", "wasm", "cpu"] : ["wasm", "cpu"];

describe.each(here)("the %s engine", (name) => {
  test("engine() starts it, and it computes with gradients", async () => {
    vi.stubEnv("LAB_ENGINE", name);
    const started = await engine();
    expect(started).toMatchObject({ name, reason: "forced by LAB_ENGINE" });
    expect(started.line).toMatch(new RegExp(`^${name} \\(.+ \\d+\\.\\d+\\.\\d+.*; \\d+ threads?\\)$`));
    expect(getBackend()).toBe(name === "native" ? "tensorflow" : name);
    // d/dx Σ x² = 2 x, exact in float32 for these.
    expect(Array.from(grad((x: Tensor) => sum(square(x)))(tensor1d([1, -2, 3])).dataSync())).toEqual([2, -4, 6]);
    expect(nativeBackend() !== undefined).toBe(name === "native");
  });
});

test("engine() starts once: later calls without a wish return the same engine", async () => {
  const first = await engine({ prefer: "cpu" });
  expect(await engine()).toBe(first);
  expect(await engine({ prefer: "cpu" })).toBe(first);
});

test("engine() called twice at once starts one engine", async () => {
  const [a, b] = await Promise.all([engine({ prefer: "wasm" }), engine({ prefer: "wasm" })]);
  expect(a).toBe(b);
});

test("engine() falls to the next engine where the preferred one cannot run, and says why", async () => {
  const { name, line } = await engine({ prefer: "webgpu" });
  expect(here).toContain(name);
  expect(line).toBe(`${name}: webgpu runs in the browser only`);
});

test("engine() fails clearly when LAB_ENGINE forces what cannot run", async () => {
  vi.stubEnv("LAB_ENGINE", "webgl");
  await expect(engine()).rejects.toThrow("Cannot start the webgl engine that LAB_ENGINE forces: webgl runs in the browser only");
});

test("engine() refuses names of no engine", async () => {
  vi.stubEnv("LAB_ENGINE", "gpu");
  await expect(engine()).rejects.toThrow('Cannot start an engine: LAB_ENGINE must be one of native, wasm, cpu, webgpu, webgl, got "gpu"');
});

test("engine() on WASM leaves errors of the program to the program", async () => {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  await engine({ prefer: "wasm" });
  for (const event of events) for (const listener of process.rawListeners(event)) expect(String(listener)).not.toMatch(/ExitStatus|throw reason/);
});
