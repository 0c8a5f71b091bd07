import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parsedFlags, type About } from "./flags.ts";

const about: About = { name: "walk", description: "A random walk" };

test("parsedFlags() has a default for every flag", async () => {
  expect(await parsedFlags([], about)).toEqual({ effort: "default", seed: 0, out: "out/walk", json: false, resume: false, data: undefined, help: false });
  expect(await parsedFlags([], { ...about, seed: 4, out: "elsewhere" })).toMatchObject({ seed: 4, out: "elsewhere" });
});

test("parsedFlags() reads every flag, with a space or an equals sign", async () => {
  expect(
    await parsedFlags(["--full", "--seed=12", "--out", "a b", "--json", "--resume", "--data", "d", "--only", "first"], {
      ...about,
      data: "IDX files",
      only: "Parts",
    }),
  ).toEqual({
    effort: "full",
    seed: 12,
    out: "a b",
    json: true,
    resume: true,
    data: "d",
    only: "first",
    help: false,
  });
  expect(await parsedFlags(["--smoke"], about)).toMatchObject({ effort: "smoke" });
});

test("parsedFlags() leaves --help to its caller, whatever else is there", async () => {
  expect(await parsedFlags(["--help", "--nonsense"], about)).toMatchObject({ help: true, effort: "default" });
  expect(await parsedFlags(["-h"], about)).toMatchObject({ help: true, effort: "default" });
});

test.each<[readonly string[], string]>([
  [["--chains", "4"], "Cannot read the flags: --chains is not one of --smoke, --full, --seed, --out, --json, --resume, --help"],
  [["-s"], "-s is not one of"],
  [["--data", "x"], "--data is not one of"],
  [["--only", "x"], "--only is not one of"],
  [["smoke"], 'expected flags only, got "smoke"'],
  [["--smoke", "--full"], "expected --smoke or --full, got both"],
  [["--seed"], "--seed needs a value"],
  [["--seed", "--smoke"], "--seed needs a value"],
  [["--out="], "--out needs a value"],
  [["--seed", "-1"], "--seed must be a whole number in [0, 2^53), got -1"],
  [["--seed", "1.5"], "got 1.5"],
  [["--seed", "seven"], "got seven"],
  [["--seed", "9007199254740992"], "got 9007199254740992"],
])("parsedFlags(%j) says: %s", async (argv, message) => {
  await expect(parsedFlags(argv, about)).rejects.toThrow(message);
});

test("flags() exits with 0 after --help and with 2 after a mistake or for a folder that cannot be written", async () => {
  const root = await mkdtemp(join(tmpdir(), "flags-"));
  try {
    const script = join(root, "script.mts");
    await writeFile(
      script,
      `import { flags } from ${JSON.stringify(new URL("./flags.ts", import.meta.url).href)};\nconsole.log(JSON.stringify(await flags(${JSON.stringify(about)})));\n`,
    );
    const start = (...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
      promisify(execFile)(process.execPath, ["--import", import.meta.resolve("tsx"), script, ...argv], { env: { ...process.env, NO_COLOR: "1" } }).then(
        (done) => ({ code: 0, ...done }),
        (failed: { code: number; stdout: string; stderr: string }) => failed,
      );
    const [help, mistake, unwritable, fine] = await Promise.all([
      start("--help"),
      start("--sed", "3"),
      start("--out", join(script, "out")),
      start("--out", join(root, "new", "out")),
    ]);
    expect([help.code, mistake.code, unwritable.code, fine.code]).toEqual([0, 2, 2, 0]);
    for (const flag of ["A random walk", "--smoke", "--full", "--seed", "--out", "--json", "--resume"]) expect(help.stdout).toContain(flag);
    expect(mistake).toMatchObject({ stdout: "", stderr: expect.stringMatching(/^Cannot read the flags: --sed is not one of .*\nSee --help\n$/) });
    expect(unwritable.stderr).toMatch(/^Cannot write results to the folder .*out: ENOTDIR/);
    expect((await stat(join(root, "new", "out"))).isDirectory()).toBe(true);
  } finally {
    await rm(root, { recursive: true });
  }
}, 60_000);
