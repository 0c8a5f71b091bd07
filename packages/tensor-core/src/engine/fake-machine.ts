import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { zipSync } from "fflate";
import { libraries } from "./wheel.ts";

/** What a program said, and how it ended. */
export type Ended = { readonly code: number | null; readonly signal: string | null; readonly stdout: string; readonly stderr: string };

/** A machine for tests: a cache of its own, and a Python, pip and compiler that do little and note that they did. */
export type FakeMachine = Disposable & {
  readonly cache: string;
  readonly engines: string;
  readonly env: NodeJS.ProcessEnv;
  /** How often pip has downloaded. */
  readonly downloads: () => number;
  /** Whether the compiler has been reached. */
  readonly compiling: () => boolean;
  readonly python: string;
  readonly wheel: string;
  /** Starts `lab-engine` with these arguments on this machine. */
  readonly start: (args: readonly string[], more?: NodeJS.ProcessEnv) => { readonly child: ChildProcess; readonly ended: Promise<Ended> };
};

const PYTHON = `#!/bin/sh
case "$*" in
  --version) echo "Python 3.12.0"; exit 0;;
  "-m pip --version") echo "pip 24.0"; exit 0;;
esac
echo download >> "$FAKE_MACHINE/downloads"
if [ -n "$FAKE_PIP_ERROR" ]; then echo "WARNING: Retrying" >&2; echo "ERROR: $FAKE_PIP_ERROR" >&2; exit 1; fi
echo "  Downloading tensorflow_cpu-2.19.0-cp312-cp312-manylinux_2_17_x86_64.whl (0.2 MB)"
while [ "$1" != "--dest" ]; do shift; done
sleep "\${FAKE_PIP_SECONDS:-0}"
cp "$FAKE_MACHINE"/wheel/*.whl "$2"
`;

const COMPILER = `#!/bin/sh
if [ "$1" = "--version" ]; then echo "g++ 14"; exit 0; fi
echo compile >> "$FAKE_MACHINE/compiles"
if [ -n "$FAKE_COMPILER_ERROR" ]; then echo "tfjs_backend.cc:1: error: $FAKE_COMPILER_ERROR" >&2; exit 1; fi
if [ -n "$FAKE_COMPILER_SECONDS" ]; then exec sleep "$FAKE_COMPILER_SECONDS"; fi
while [ "$1" != "-o" ]; do shift; done
cp "$FAKE_MACHINE/addon.node" "$2"
`;

/** Any addon that Node loads will do for the binding: the one of the drawing library is there on every platform. */
function anyAddon(): string {
  const resvg = createRequire(createRequire(import.meta.url).resolve("@resvg/resvg-js"));
  for (const libc of ["", "-gnu", "-musl", "-msvc"]) {
    try {
      return resvg.resolve(`@resvg/resvg-js-${process.platform}-${process.arch}${libc}`);
    } catch {
      continue;
    }
  }
  throw new Error(`Cannot find an addon for ${process.platform}-${process.arch}`);
}

export function fakeMachine(): FakeMachine {
  const folder = mkdtempSync(join(tmpdir(), "lab-machine-"));
  const [bin, wheels, cache] = ["bin", "wheel", "cache"].map((name) => join(folder, name)) as [string, string, string];
  for (const made of [bin, wheels]) mkdirSync(made);
  for (const [name, script] of [
    ["python3", PYTHON],
    ["g++", COMPILER],
  ] as const) {
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  copyFileSync(anyAddon(), join(folder, "addon.node"));
  const wheel = join(wheels, "tensorflow_cpu-2.19.0-cp312-cp312-manylinux_2_17_x86_64.whl");
  const library = new Uint8Array(300_000).map((_, i) => (i * i) >> 3);
  const held = {
    ...Object.fromEntries(libraries().map((name) => [`tensorflow/${name}`, library])),
    "tensorflow/include/tensorflow/c/c_api.h": new Uint8Array(10),
    "tensorflow/python/large.so": library,
  };
  writeFileSync(wheel, zipSync(held));
  const { CXX: _, ...outside } = process.env;
  const env: NodeJS.ProcessEnv = {
    ...outside,
    LAB_CACHE_DIR: cache,
    FAKE_MACHINE: folder,
    PATH: [bin, process.env["PATH"] ?? ""].join(delimiter),
    // Nobody listens there.
    TFJS_NODE_CDN_STORAGE: "http://127.0.0.1:9/",
  };
  const lines = (name: string): number => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim().split("\n").length : 0);
  return {
    cache,
    engines: join(cache, "engine"),
    env,
    python: join(bin, "python3"),
    wheel,
    downloads: () => lines("downloads"),
    compiling: () => lines("compiles") > 0,
    start(args, more = {}) {
      const cli = join(import.meta.dirname, "cli.ts");
      const child = spawn(process.execPath, ["--import", "tsx", "--conditions=@lab/source", cli, ...args], {
        env: { ...env, ...more },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const ended = new Promise<Ended>((resolve) => child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
      return { child, ended };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
