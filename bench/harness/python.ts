import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { lock } from "proper-lockfile";

/** What the peers import. */
const PACKAGES: readonly string[] = ["torch", "jax", "optax", "numpy", "safetensors"];

const FINISHED = "finished.json";
const OLDEST = [3, 10] as const;

/** A Python that has the peers' packages, or why there is none. */
export type Python = { readonly executable: string; readonly cache: string } | { readonly missing: string };

/** The same folder as the engine's: `LAB_CACHE_DIR`, else the platform's. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (env["LAB_CACHE_DIR"]) return resolve(env["LAB_CACHE_DIR"]);
  if (platform === "win32") return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "lab", "Cache");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "lab");
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "lab");
}

const execute = promisify(execFile);

async function versionOf(python: string): Promise<string | undefined> {
  try {
    return (await execute(python, ["-c", "import sys, venv; print('%d.%d.%d' % sys.version_info[:3])"])).stdout.trim();
  } catch {
    return undefined;
  }
}

/**
 * A Python with the peers' packages: a virtual environment in the cache folder, made on first use.
 *
 * Two benches at once wait for each other; an environment that was not finished is made anew. Without Python, pip or its index the
 * answer says what is missing.
 */
export async function python(tell: (line: string) => void = () => undefined): Promise<Python> {
  const system = process.platform === "win32" ? "python" : "python3";
  const version = await versionOf(system);
  if (version === undefined) return { missing: `${system} with the venv module is not there` };
  const [major, minor] = version.split(".").map(Number);
  if (major !== OLDEST[0] || minor! < OLDEST[1]) return { missing: `expected Python ${OLDEST.join(".")} or later, got ${version}` };
  const folder = join(cacheFolder(), "bench");
  const identity = createHash("sha256")
    .update(JSON.stringify([version, process.arch, PACKAGES]))
    .digest("hex")
    .slice(0, 12);
  const environment = join(folder, `python-${version}-${identity}`);
  const executable = process.platform === "win32" ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");
  let release: (() => Promise<void>) | undefined;
  try {
    await mkdir(folder, { recursive: true });
    release = await lock(folder, {
      lockfilePath: join(folder, ".lock"),
      stale: 10_000,
      update: 2000,
      realpath: false,
      retries: { forever: true, factor: 1, minTimeout: 500 },
    });
    if (!(await finished(environment, executable))) {
      tell(`Making a Python environment for the peers (${PACKAGES.join(", ")}): once, a few minutes`);
      await rm(environment, { recursive: true, force: true });
      await step(system, ["-m", "venv", environment]);
      await step(executable, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]);
      await step(executable, ["-c", `import ${PACKAGES.join(", ")}`]);
      await writeFile(join(environment, FINISHED), JSON.stringify({ version, packages: PACKAGES }));
    }
    return { executable, cache: folder };
  } catch (error) {
    return { missing: (error as Error).message };
  } finally {
    await release?.();
  }
}

async function finished(environment: string, executable: string): Promise<boolean> {
  if (!existsSync(executable)) return false;
  try {
    JSON.parse(await readFile(join(environment, FINISHED), "utf8"));
    return true;
  } catch {
    return false;
  }
}

/** Runs a command quietly; what it printed last is the error's message. */
async function step(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed = (printed + text).slice(-4000)));
  const code = await new Promise<number | string>((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", (exit, signal) => done(exit ?? String(signal)));
  });
  if (code === 0) return;
  const last =
    printed
      .trim()
      .split("\n")
      .findLast((line) => /error/i.test(line)) ?? printed.trim().split("\n").at(-1);
  throw new Error(`${args.slice(0, 3).join(" ")} failed (${code}): ${last ?? ""}`);
}
