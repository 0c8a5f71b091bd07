import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { describe, expect, test, vi } from "vitest";
import { cacheFolder } from "./cache-folder.ts";
import { compilerArguments } from "./compile.ts";
import { fakeMachine } from "./fake-machine.ts";
import { installNative, type InstallOptions } from "./install.ts";
import { installedEngines } from "./installed.ts";
import { locked } from "./lock.ts";
import { kernelsName } from "./kernels.ts";
import { BINDING, faults, HUSH, readManifest, refreshTimes } from "./manifest.ts";
import { distribution, downloadWheel, libraries, unpackWheel, wheelVersion } from "./wheel.ts";

const found = { name: "tool", program: "tool", says: "1", get: "" };

/** An installation in which every step succeeds at once. */
const easy: InstallOptions["steps"] = {
  tools: async () => ({ python: found, pip: found, compiler: found }),
  freeBytes: async () => 2e9,
  download: async (_, folder) => {
    await writeFile(join(folder, "tensorflow_cpu-2.20.0-cp312.whl"), "wheel");
    return join(folder, "tensorflow_cpu-2.20.0-cp312.whl");
  },
  unpack: async (_, folder) => {
    await mkdir(join(folder, "lib"));
    for (const library of libraries()) await writeFile(join(folder, "lib", library), library);
  },
  compile: async (_, folder) => {
    for (const addon of [HUSH, BINDING]) await writeFile(join(folder, addon), addon);
  },
  probe: async () => "2.20.0",
  kernels: async (_, folder) => writeFile(join(folder, kernelsName()), "kernels").then(() => undefined),
};

describe("installNative()", () => {
  test("installNative() without enough space says what it needs and what there is, before it downloads", async () => {
    using machine = fakeMachine();
    const steps = { ...easy, freeBytes: async () => 0.21e9, download: async () => Promise.reject(new Error("reached")) };
    await expect(installNative({ engines: machine.engines, steps })).rejects.toThrow(
      `Cannot install the native engine in ${machine.engines}: needs 1.3 GB, 0.2 GB free; set LAB_CACHE_DIR to a folder with more space`,
    );
    expect(readdirSync(machine.engines)).toEqual([]);
  });

  test("installNative() treats space that cannot be told as none", async () => {
    using machine = fakeMachine();
    await expect(installNative({ engines: machine.engines, steps: { ...easy, freeBytes: async () => NaN } })).rejects.toThrow("needs 1.3 GB, NaN GB free");
  });

  test("installNative() names the tools that are missing and how to get them", async () => {
    using machine = fakeMachine();
    const tools = async () => ({
      python: found,
      pip: found,
      compiler: { name: "C++ compiler", program: undefined, says: "not found", get: "apt-get install g++" },
    });
    await expect(installNative({ engines: machine.engines, steps: { ...easy, tools } })).rejects.toMatchObject({
      name: "ToolsMissing",
      missing: ["C++ compiler is not installed: apt-get install g++"],
    });
  });

  test("installNative() leaves an engine that does not load nowhere", async () => {
    using machine = fakeMachine();
    await expect(
      installNative({ engines: machine.engines, steps: { ...easy, probe: async () => Promise.reject(new Error("undefined symbol")) } }),
    ).rejects.toThrow("undefined symbol");
    expect(readdirSync(machine.engines)).toEqual([]);
  });

  test("installNative() removes what an earlier one left half-made", async () => {
    using machine = fakeMachine();
    await mkdir(join(machine.engines, ".building-dead"), { recursive: true });
    await installNative({ engines: machine.engines, steps: easy });
    expect(readdirSync(machine.engines)).toHaveLength(1);
  });

  test("installNative() keeps an engine whose bytes are right though its times are not, and notes the new times", async () => {
    using machine = fakeMachine();
    const { folder } = await installNative({ engines: machine.engines, steps: easy });
    utimesSync(join(folder, BINDING), 1000, 1000);
    expect((await installNative({ engines: machine.engines, steps: easy })).already).toBe(true);
    expect(readManifest(folder)?.files.find(({ path }) => path === BINDING)?.modified).toBe(1e6);
  });

  test("installNative() makes a folder without a manifest anew", async () => {
    using machine = fakeMachine();
    const { folder } = await installNative({ engines: machine.engines, steps: easy });
    rmSync(join(folder, "manifest.json"));
    expect((await installNative({ engines: machine.engines, steps: easy })).already).toBe(false);
  });
});

test("installedEngines() puts the newest TensorFlow first, by number and not by letter", async () => {
  using machine = fakeMachine();
  for (const version of ["2.9.1", "2.21.0", "2.16.2"]) {
    const download = async (_: string, folder: string): Promise<string> => {
      const wheel = join(folder, `tensorflow_cpu-${version}-cp312.whl`);
      await writeFile(wheel, "wheel");
      return wheel;
    };
    await installNative({ engines: machine.engines, force: true, steps: { ...easy, download } });
  }
  expect(installedEngines("4.22.0", machine.engines).map(({ manifest }) => manifest.tensorflow)).toEqual(["2.21.0", "2.16.2", "2.9.1"]);
  expect(installedEngines("4.23.0", machine.engines)).toEqual([]);
});

describe("faults()", () => {
  test("faults() names missing, cut and changed files", async () => {
    using machine = fakeMachine();
    const { folder, manifest } = await installNative({ engines: machine.engines, steps: easy });
    expect(await faults(folder, manifest, { full: true })).toEqual([]);
    const [first, second] = libraries() as [string, string];
    rmSync(join(folder, HUSH));
    truncateSync(join(folder, BINDING), 3);
    const bytes = readFileSync(join(folder, "lib", first));
    bytes[0]! ^= 1;
    writeFileSync(join(folder, "lib", first), bytes);
    expect(await faults(folder, manifest)).toEqual([
      `${HUSH} is missing`,
      `${BINDING} has 3 bytes, expected ${BINDING.length}`,
      expect.stringMatching(new RegExp(`^lib/${first.replaceAll(".", "\\.")} has checksum [0-9a-f]{12}…, expected [0-9a-f]{12}…$`)),
    ]);
    expect(second).not.toBe(first);
  });

  test("refreshTimes() leaves a manifest alone whose times are right", async () => {
    using machine = fakeMachine();
    const { folder, manifest } = await installNative({ engines: machine.engines, steps: easy });
    utimesSync(join(folder, "manifest.json"), 1000, 1000);
    await refreshTimes(folder, manifest);
    expect(readManifest(folder)).toEqual(manifest);
  });
});

test("locked() lets one in at a time, and the next one in when the first throws", async () => {
  using machine = fakeMachine();
  const seen: string[] = [];
  let waited = 0;
  const first = locked(machine.engines, async () => {
    seen.push("in");
    await new Promise((resolve) => setTimeout(resolve, 300));
    seen.push("out");
    throw new Error("first fails");
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const second = locked(machine.engines, async () => seen.push("second"), { waiting: () => waited++ });
  await expect(first).rejects.toThrow("first fails");
  await second;
  expect(seen).toEqual(["in", "out", "second"]);
  expect(waited).toBe(1);
});

test("downloadWheel() tells how much there is to come as soon as pip does", async () => {
  using machine = fakeMachine();
  for (const [name, value] of Object.entries({ FAKE_MACHINE: machine.env["FAKE_MACHINE"], FAKE_PIP_SECONDS: "1" })) vi.stubEnv(name, value);
  await mkdir(machine.cache);
  const totals: (number | undefined)[] = [];
  const wheel = await downloadWheel(machine.python, machine.cache, (_, total) => totals.push(total));
  vi.unstubAllEnvs();
  expect(wheelVersion(wheel)).toBe("2.19.0");
  expect(totals).toContain(0.2e6);
});

describe("unpackWheel()", () => {
  test("unpackWheel() takes the libraries and the headers of the C API, and reports every byte", async () => {
    using machine = fakeMachine();
    let last = [0, 0] as readonly [number, number | undefined];
    await unpackWheel(machine.wheel, machine.cache, (done, total) => (last = [done, total]));
    expect(readdirSync(machine.cache).sort()).toEqual(["include", "lib"]);
    expect(readdirSync(join(machine.cache, "lib")).sort()).toEqual([...libraries()].sort());
    expect(readdirSync(join(machine.cache, "include", "tensorflow", "c"))).toEqual(["c_api.h"]);
    expect(last).toEqual([600_010, 600_010]);
  });

  test("unpackWheel() notices a wheel that was cut short", async () => {
    using machine = fakeMachine();
    truncateSync(machine.wheel, 1000);
    await expect(unpackWheel(machine.wheel, machine.cache)).rejects.toThrow(`The wheel ${machine.wheel} is damaged`);
  });

  test("unpackWheel() notices a changed byte", async () => {
    using machine = fakeMachine();
    const stored = zipSync(Object.fromEntries(libraries().map((name) => [`tensorflow/${name}`, [strToU8("library"), { level: 0 }]])));
    const at = Buffer.from(stored).indexOf("library\x50");
    stored[at] = 0;
    writeFileSync(machine.wheel, stored);
    await expect(unpackWheel(machine.wheel, machine.cache)).rejects.toThrow("has another checksum than it should");
  });

  test("unpackWheel() refuses a wheel without the libraries", async () => {
    using machine = fakeMachine();
    writeFileSync(machine.wheel, zipSync({ "tensorflow/python.py": strToU8("x") }));
    await expect(unpackWheel(machine.wheel, machine.cache)).rejects.toThrow(`holds no ${libraries().join(" and no ")}`);
  });
});

test("wheelVersion() reads the version, and refuses other files", () => {
  expect(wheelVersion("tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl")).toBe("2.21.0");
  expect(wheelVersion("tensorflow-2.20.0rc1-cp312-cp312-macosx_12_0_arm64.whl")).toBe("2.20.0rc1");
  expect(() => wheelVersion("numpy-2.0.0-cp312.whl")).toThrow("expected tensorflow-<version>-….whl, got numpy-2.0.0-cp312.whl");
});

test("distribution() is the smaller one on Linux x64 only", () => {
  expect(distribution("linux", "x64")).toBe("tensorflow-cpu");
  expect(distribution("linux", "arm64")).toBe("tensorflow");
  expect(distribution("darwin", "arm64")).toBe("tensorflow");
});

test("compilerArguments() let an addon find its libraries wherever the cache lies", () => {
  const args = compilerArguments("here", ["a.cc"], ["libtensorflow_cc.so.2"], "a.node", "linux");
  expect(args).toContain("-Wl,-rpath,$ORIGIN/lib");
  expect(args.join(" ")).toContain(`a.cc ${join("here", "lib", "libtensorflow_cc.so.2")}`);
  expect(compilerArguments("here", ["a.cc"], [], "a.node", "darwin")).toContain("-Wl,-rpath,@loader_path/lib");
});

test("cacheFolder() is the user's own, then the platform's", () => {
  expect(cacheFolder({ LAB_CACHE_DIR: "/c", XDG_CACHE_HOME: "/x" }, "linux")).toBe("/c");
  expect(cacheFolder({ XDG_CACHE_HOME: "/x" }, "linux")).toBe(join("/x", "lab"));
  expect(cacheFolder({ XDG_CACHE_HOME: "" }, "linux")).toMatch(/\.cache.lab$/);
  expect(cacheFolder({}, "darwin")).toMatch(/Library.Caches.lab$/);
  expect(cacheFolder({ LOCALAPPDATA: "L" }, "win32")).toBe(join("L", "lab", "Cache"));
});

test.runIf(process.platform === "linux" && process.arch === "x64")(
  "installNative() adds the kernels that an engine from before does not have, and does no more",
  async () => {
    using machine = fakeMachine();
    const { folder } = await installNative({ engines: machine.engines, steps: easy });
    rmSync(join(folder, kernelsName()));
    const download = async () => Promise.reject(new Error("downloaded again"));
    expect((await installNative({ engines: machine.engines, steps: { ...easy, download } })).already).toBe(true);
    expect(existsSync(join(folder, kernelsName()))).toBe(true);
  },
);

test("installNative() gives an engine without kernels where they do not compile, and says why", async () => {
  using machine = fakeMachine();
  const steps = { ...easy, kernels: async () => "unknown option" };
  const said: string[] = [];
  const listener = {
    stage(title: string) {
      said.push(title);
      return () => {};
    },
  };
  expect((await installNative({ engines: machine.engines, steps, listener })).already).toBe(false);
  expect(said).toContain("no kernels of our own, TensorFlow's do everything, several times slower: unknown option");
});
