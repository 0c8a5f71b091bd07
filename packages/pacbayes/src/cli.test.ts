import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "citty";
import { afterAll, expect, it } from "vitest";
import { maurer } from "./bounds/maurer.ts";
import { boundCommand } from "./command/bound.ts";
import { BOUNDS } from "./command/bounds.ts";
import { certifyCommand } from "./command/certify.ts";

type Ended = { readonly code: number; readonly out: string; readonly error: string };
const cli = fileURLToPath(new URL("cli.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pacbayes-"));
afterAll(() => rmSync(folder, { recursive: true }));

function pacbayes(args: readonly string[], input?: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["--conditions=@lab/source", "--import", "tsx", cli, ...args], (error, out, text) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, error: text }),
    );
    child.stdin!.end(input);
  });
}

const numbers = ["--risk", "0.02", "--kl=100", "--n", "60_000", "--delta", "0.05"];

it("pacbayes bound maurer prints the bound, and as JSON with its numbers", async () => {
  const [plain, json] = await Promise.all([pacbayes(["bound", "maurer", ...numbers]), pacbayes(["bound", "maurer", ...numbers, "--json"])]);
  const bound = maurer({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 });
  expect(plain).toEqual({ code: 0, out: `${bound}\n`, error: "" });
  expect(JSON.parse(json.out)).toEqual({ name: "maurer", risk: 0.02, kl: 100, n: 60_000, delta: 0.05, bound });
});

it("pacbayes bound list names every bound with what it needs, and --help the flags", async () => {
  const [list, help] = await Promise.all([pacbayes(["bound", "list", "--json"]), pacbayes(["bound", "--help"])]);
  expect((JSON.parse(list.out) as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual(Object.keys(BOUNDS));
  for (const flag of ["--risk", "--kl", "--delta", "--free-energy", "--json"]) expect(help.out).toContain(flag);
  expect(help.code).toBe(0);
});

it("every bound of the command line is at least the risk, and at most 1", () => {
  const all = { risk: 0.1, kl: 20, n: 1000, delta: 0.05, lambda: 0.5, c: 0.5, "free-energy": 0.5 * 1000 * 0.1 + 20 };
  for (const { value } of Object.values(BOUNDS)) {
    expect(value(all)).toBeGreaterThan(0.1);
    expect(value(all)).toBeLessThan(0.5);
  }
});

it.each([
  [["bound", "maurer", "--risk", "0.1"], "maurer needs --risk --kl --n --delta, got no --kl"],
  [["bound", "toString", ...numbers], "expected one of maurer"],
  [["bound", "maurer", ...numbers, "--c", "1"], "maurer takes no --c"],
  [["bound", "maurer", ...numbers, "--typo", "1"], "unknown flag --typo"],
  [["bound", "maurer", "--risk", "x", ...numbers.slice(2)], '--risk must be a number, got "x"'],
  [["bound", "maurer", ...numbers.slice(0, -1), "1.2"], "delta must be in (0, 1), got 1.2"],
  [["bound", "maurer", "more", ...numbers], 'unexpected "more"'],
  [["certify", "verify", "/no/such.json"], "Cannot read /no/such.json: no such file"],
] as const)("pacbayes %j throws one line that names the mistake", async (args, says) => {
  const [command, ...rawArgs] = args;
  const run = command === "bound" ? runCommand(boundCommand, { rawArgs }) : runCommand(certifyCommand, { rawArgs });
  await expect(run).rejects.toThrow(says);
});

it("pacbayes ends with code 2, one line on the error stream and nothing else after a mistake", async () => {
  const [bound, none] = await Promise.all([pacbayes(["bound", "maurer", ...numbers.slice(0, -1), "1.2"]), pacbayes(["nonsense"])]);
  expect(bound).toEqual({ code: 2, out: "", error: "Cannot bound the risk: delta must be in (0, 1), got 1.2\n" });
  expect([none.code, none.out]).toEqual([2, ""]);
  expect(none.error).toContain("Unknown command");
});

it("pacbayes certify exact-posterior writes a record that verify accepts, and refuses once a bound is changed", async () => {
  const file = join(folder, "posterior.json");
  const given = { about: { loss: "zero-one", prior: "N(0, 0.04²)" }, inputs: { risk: 0.2, kl: 3000, draws: 5000, n: 60_000 } };
  const made = await pacbayes(["certify", "exact-posterior", "-", "--out", file], JSON.stringify(given));
  expect(made.code).toBe(0);
  expect(made.out).toContain("Risk at most 0.3654");
  expect(made.out).toContain("Assumption: None");
  const valid = await pacbayes(["certify", "verify", file]);
  expect([valid.code, valid.out.split("\n")[0]]).toEqual([0, "Valid: everything stated follows from the numbers."]);
  writeFileSync(file, readFileSync(file, "utf8").replace(/"bound": 0\.36\d+/, '"bound": 0.36'));
  const forged = await pacbayes(["certify", "verify", file, "--json"]);
  expect(forged.code).toBe(1);
  expect(JSON.parse(forged.out)).toMatchObject({ valid: false, differences: [expect.stringContaining("certificates[0].bound: 0.36 is stated")] });
});
