import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeMachine, type Ended } from "./fake-machine.ts";
import { isWritten, kernelsName } from "./kernels.ts";
import { MANIFEST } from "./manifest.ts";

const place = `${process.platform}-${process.arch}-tfjs4.22.0-tensorflow2.19.0`;

function json({ stdout }: Ended): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("lab-engine install puts libraries, addons and a manifest into the cache, and nothing else", async () => {
  using machine = fakeMachine();
  const ended = await machine.start(["install", "--json"]).ended;
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(json(ended)).toMatchObject({ status: "installed", engine: "native", tensorflow: "2.19.0", reasons: [] });
  expect(readdirSync(machine.engines)).toEqual([place]);
  expect(readdirSync(join(machine.engines, place)).sort()).toEqual([
    "hush.node",
    ...(isWritten() ? [kernelsName()] : []),
    "lib",
    MANIFEST,
    "tfjs_binding.node",
  ]);
  expect(readdirSync(join(machine.engines, place, "lib"))).toHaveLength(2);
});

test("lab-engine install does nothing the second time", async () => {
  using machine = fakeMachine();
  await machine.start(["install"]).ended;
  const again = await machine.start(["install", "--quiet"]).ended;
  expect(again).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(machine.downloads()).toBe(1);
});

test("two lab-engine install at once do the work once", async () => {
  using machine = fakeMachine();
  const both = await Promise.all([0, 1].map(() => machine.start(["install", "--json"], { FAKE_PIP_SECONDS: "1" }).ended));
  expect(both.map((ended) => ended.code)).toEqual([0, 0]);
  expect(both.map((ended) => json(ended)["status"]).sort()).toEqual(["already", "installed"]);
  expect(machine.downloads()).toBe(1);
});

test("lab-engine install heals what a killed installation left, once its lock is stale", async () => {
  using machine = fakeMachine();
  const { child, ended } = machine.start(["install"], { FAKE_COMPILER_SECONDS: "5" });
  await until(() => machine.compiling());
  child.kill("SIGKILL");
  expect((await ended).signal).toBe("SIGKILL");
  expect(readdirSync(machine.engines).some((name) => name.startsWith(".building-"))).toBe(true);
  expect(existsSync(join(machine.engines, place))).toBe(false);
  const began = performance.now();
  const healed = await machine.start(["install"]).ended;
  expect(healed.code).toBe(0);
  expect(healed.stderr).toContain("waiting for another installation to end");
  expect(readdirSync(machine.engines)).toEqual([place]);
  // The lock is stale after 10 s; the rest is air for a busy machine.
  expect(performance.now() - began).toBeLessThan(30_000);
});

test("lab-engine doctor finds a byte that changed while size and time did not, and install --force mends it", async () => {
  using machine = fakeMachine();
  await machine.start(["install"]).ended;
  const [library] = readdirSync(join(machine.engines, place, "lib"));
  const path = join(machine.engines, place, "lib", library!);
  const bytes = readFileSync(path);
  const { atime, mtime } = statSync(path);
  bytes[1000]! ^= 1;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
  const ill = await machine.start(["doctor"]).ended;
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(new RegExp(`not ok  TensorFlow 2.19.0: damaged in .*lib/${library!.replaceAll(".", "\\.")} has checksum`));
  expect(ill.stdout).toContain("get it: npx lab-engine install --force");
  expect((await machine.start(["install", "--force"]).ended).code).toBe(0);
  const well = JSON.parse((await machine.start(["doctor", "--json"]).ended).stdout) as { checks: { name: string; ok: boolean }[] };
  expect(well.checks.find(({ name }) => name === "TensorFlow 2.19.0")).toMatchObject({ ok: true });
});

test("lab-engine install mends a file that was cut short", async () => {
  using machine = fakeMachine();
  await machine.start(["install"]).ended;
  writeFileSync(join(machine.engines, place, "hush.node"), "cut");
  const ended = await machine.start(["install", "--json"]).ended;
  expect(json(ended)).toMatchObject({ status: "installed" });
  expect(machine.downloads()).toBe(2);
});

test("lab-engine install falls back to WASM with exit 0 where a compiler is missing, and says how to get one", async () => {
  using machine = fakeMachine();
  const bare = join(machine.cache, "..", "bare");
  mkdirSync(bare);
  const ended = await machine.start(["install"], { PATH: bare }).ended;
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain("The native engine is not installed; programs run on WebAssembly");
  for (const tool of ["python3", "pip", "C\\+\\+ compiler"]) expect(ended.stderr).toMatch(new RegExp(`- ${tool} is not installed: \\S+`));
  expect(ended.stderr).toContain("tfjs-node's own script: http://127.0.0.1:9/ does not answer within 4 s");
});

test("lab-engine install says what pip said, without its retries, and fails unless it is optional", async () => {
  using machine = fakeMachine();
  const ended = await machine.start(["install"], { FAKE_PIP_ERROR: "Could not find a version" }).ended;
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/- pip cannot download tensorflow\S*>=2\.16,<2\.22: ERROR: Could not find a version\n/);
  expect(ended.stderr).not.toContain("Retrying");
  expect((await machine.start(["install", "--optional"], { FAKE_PIP_ERROR: "no" }).ended).code).toBe(0);
  expect(readdirSync(machine.engines)).toEqual([]);
});

test("lab-engine install says what the compiler said, and leaves nothing half-made", async () => {
  using machine = fakeMachine();
  const ended = await machine.start(["install"], { FAKE_COMPILER_ERROR: "no such header" }).ended;
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("g++ cannot compile the binding: tfjs_backend.cc:1: error: no such header");
  expect(readdirSync(machine.engines)).toEqual([]);
});

test("lab-engine install names a cache folder that cannot be written", async () => {
  using machine = fakeMachine();
  const file = join(machine.cache, "..", "file");
  writeFileSync(file, "");
  const ended = await machine.start(["install"], { LAB_CACHE_DIR: join(file, "cache") }).ended;
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`Cannot write the cache folder ${join(file, "cache", "engine")}: ENOTDIR; set LAB_CACHE_DIR to a folder that can be written`);
});

test("lab-engine remove empties the cache", async () => {
  using machine = fakeMachine();
  await machine.start(["install"]).ended;
  expect(json(await machine.start(["remove", "--json"]).ended)).toEqual({ removed: [join(machine.engines, place)] });
  expect(existsSync(join(machine.engines, place))).toBe(false);
  expect((await machine.start(["remove"]).ended).stdout).toBe(`Nothing to remove in ${machine.engines}\n`);
});

test.each(["", "install", "doctor", "remove"])("lab-engine %s --help shows how it is used", async (name) => {
  using machine = fakeMachine();
  const ended = await machine.start([...(name === "" ? [] : [name]), "--help"]).ended;
  expect(ended.code).toBe(0);
  expect(ended.stdout).toMatch(/lab-engine/);
});
