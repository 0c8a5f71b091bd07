import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { maurer } from "./bounds/maurer.ts";
import { BOUNDS } from "./command/bounds.ts";
import { pacbayes as runPacbayes } from "./command/pacbayes.ts";

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

/** The same without a process of its own. */
async function told(...words: readonly string[]): Promise<Ended> {
  const [out, error]: [string[], string[]] = [[], []];
  const log = vi.spyOn(console, "log").mockImplementation((line) => void out.push(`${String(line)}\n`));
  const loud = vi.spyOn(console, "error").mockImplementation((line) => void error.push(`${String(line)}\n`));
  await runPacbayes(words);
  log.mockRestore();
  loud.mockRestore();
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { code, out: out.join(""), error: error.join("") };
}

const at = (name: string): string => join(folder, name);
const given = (inputs: object, more: object = {}): string => JSON.stringify({ about: { loss: "zero-one", prior: "N(0, 0.04²)" }, inputs, ...more });
const good = { risk: 0.2, kl: 3000, draws: 5000, n: 60_000 };
const files: { readonly [name: string]: string } = {
  "good.json": given(good),
  "empty.json": "",
  "torn.json": '{ "about": {\n',
  "text.json": "two\nlines",
  "null.json": "null",
  "more.json": given(good, { delta: 0.01 }),
  "unknown.json": given({ ...good, delt: 0.01 }),
  "risk.json": given({ ...good, risk: 1.2 }),
  "delta.json": given({ ...good, delta: 3 }),
  "few.json": given({ ...good, n: 7 }),
  "infinite.json": given(good).replace("3000", "1e999"),
  "nameless.json": JSON.stringify({ about: { loss: "zero-one" }, inputs: good }),
  "falling.json": given({ n: 100, ladder: [0, 1, 0.5].map((lambda) => ({ lambda, risk: 0.4, draws: 10 })) }),
  "flat.json": given({ n: 100, ladder: [] }),
};
beforeAll(() => Object.entries(files).forEach(([name, text]) => writeFileSync(at(name), text)));

it.each([
  [["nonsense"], "Cannot run pacbayes nonsense: expected one of bound, certify; see pacbayes --help"],
  [["verify", "x"], "Cannot run pacbayes verify: expected one of bound, certify"],
  [["--json", "bound", "list"], "Cannot run pacbayes --json: expected one of bound, certify"],
  [["certify", "toString"], "Cannot run pacbayes certify toString: expected one of exact-draws, exact-posterior, central-limit, without-mixing, verify"],
  [["certify", "--json", "verify", "x"], "Cannot run pacbayes certify --json: expected one of exact-draws"],
  [["bound"], "Missing required positional argument: NAME"],
  [["bound", "maurer", "--risk", "0.1"], "maurer needs --risk --kl --n --delta, got no --kl"],
  [["bound", "toString", ...numbers], "expected one of maurer"],
  [["bound", "maurer", ...numbers, "--c", "1"], "maurer takes no --c"],
  [["bound", "list", "--c", "1"], "Cannot list the bounds: expected no numbers, got --c"],
  [["bound", "maurer", ...numbers, "--typo", "1"], "there is no --typo; see pacbayes bound --help"],
  [["bound", "maurer", "-risk", "0.1"], "there is no -risk"],
  [["bound", "maurer", ...numbers, "--json=yes"], "--json takes no value, got yes"],
  [["bound", "maurer", ...numbers, "--c"], "--c asks for a value, got none"],
  [["bound", "maurer", "--risk", "--kl", "1"], "--risk asks for a value, got --kl"],
  [["bound", "maurer", "--risk", "x", ...numbers.slice(2)], '--risk must be a number, got "x"'],
  [["bound", "maurer", "--risk", "NaN", ...numbers.slice(2)], '--risk must be a number, got "NaN"'],
  [["bound", "maurer", "--risk", "-0.1", ...numbers.slice(2)], "empiricalRisk must be in [0, 1], got -0.1"],
  [["bound", "maurer", ...numbers.slice(0, -1), "1.2"], "delta must be in (0, 1), got 1.2"],
  [["bound", "maurer", ...numbers, "--n", "7.5"], "n must be a whole number of at least 8, got 7.5"],
  [["bound", "lambda", ...numbers, "--lambda", "2"], "lambda must be in (0, 2), got 2"],
  [["bound", "catoni", ...numbers, "--c=0"], "C must be positive and finite, got 0"],
  [["bound", "maurer", "more", ...numbers], "expected one NAME, got 2 words"],
  [["certify", "verify"], "Missing required positional argument: FILE"],
  [["certify", "verify", "/no/such.json"], "Cannot read /no/such.json: no such file"],
  [["certify", "verify", folder], `Cannot read ${folder}: expected a file, got a folder`],
  [["certify", "verify", at("good.json")], 'record.format: Invalid input: expected "pacbayes-certificate", got none'],
  [["certify", "verify", at("good.json"), "--out", at("new")], "there is no --out"],
  [["certify", "verify", at("text.json")], "text.json: Unexpected token"],
  [["certify", "exact-posterior", at("empty.json")], "empty.json: expected JSON, got nothing"],
  [["certify", "exact-posterior", at("torn.json")], `Cannot read ${at("torn.json")}: `],
  [["certify", "exact-posterior", at("null.json")], "null.json, got null"],
  [["certify", "exact-posterior", at("more.json")], 'more.json, got the keys ["about","delta","inputs"]'],
  [["certify", "exact-posterior", at("unknown.json")], 'inputs: Unrecognized key: "delt"'],
  [["certify", "exact-posterior", at("risk.json")], "must be in [0, 1], got 1.2"],
  [["certify", "exact-posterior", at("delta.json")], "inputs.delta: Too big: expected number to be <=1, got 3"],
  [["certify", "exact-posterior", at("few.json")], "n must be a whole number of at least 8, got 7"],
  [["certify", "exact-posterior", at("infinite.json")], 'inputs.kl: expected a finite number or NaN, got "Infinity"'],
  [["certify", "exact-posterior", at("nameless.json")], "about.prior: Invalid input: expected string, received undefined"],
  [["certify", "exact-draws", at("good.json")], "inputs.ladder: Invalid input: expected array, received undefined"],
  [["certify", "exact-draws", at("falling.json")], "expected lambda to increase, got 0.5 after 1"],
  [["certify", "exact-draws", at("flat.json")], "expected the ladder's first lambda to be 0, got an empty ladder"],
  [["certify", "exact-posterior", at("good.json"), "--out"], "--out asks for a value, got none"],
  [["certify", "exact-posterior", at("good.json"), "--out", at("none/x.json")], `Cannot write ${at("none/x.json")}: there is no such folder`],
  [["certify", "exact-posterior", at("good.json"), "--out", folder], "it is there and holds no record of a certificate"],
  [["certify", "exact-posterior", at("good.json"), "--out", at("good.json")], "it is there and holds no record of a certificate"],
  [["certify", "exact-posterior", at("risk.json"), "--out", at("new.json")], "got 1.2"],
] as const)("pacbayes %j ends with code 2 and one line that names the mistake, and writes nothing", async (words, says) => {
  const { code, out, error } = await told(...words);
  expect([code, out, error.split("\n").length, error.slice(-1)]).toEqual([2, "", 2, "\n"]);
  expect(error).toContain(says);
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys(files).toSorted());
  expect(readFileSync(at("good.json"), "utf8")).toBe(files["good.json"]);
});

it("pacbayes prints its version, and the help of each command under its full name with what its file must hold", async () => {
  expect((await told("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/u);
  for (const words of [[], ["--help"], ["certify"], ["certify", "-h"], ["bound", "maurer", "--help"]])
    expect(await told(...words)).toMatchObject({ code: 0, error: "" });
  const { out } = await told("certify", "without-mixing", "--help");
  for (const part of ["pacbayes certify without-mixing", "logWeights", "lambdaFixed", "--out"]) expect(out).toContain(part);
});

it("pacbayes certify replaces a record that is there by the new one, reads standard input, and prints JSON", async () => {
  const file = at("record.json");
  await told("certify", "exact-posterior", at("good.json"), "--out", file);
  const before = readFileSync(file, "utf8");
  const again = await pacbayes(["certify", "exact-posterior", "-", "--out", file, "--json"], given({ ...good, delta: 0.05 }));
  expect([again.code, again.error]).toEqual([0, ""]);
  expect(readFileSync(file, "utf8")).not.toBe(before);
  expect(JSON.parse(again.out)).toEqual(JSON.parse(readFileSync(file, "utf8")));
  expect((await told("certify", "verify", file)).out).toContain("Confidence 0.940000: δ 0.05, δ_r 0.01, δ_F 0; n = 60000");
  rmSync(file);
});

it("pacbayes ends quietly when its reader has gone", async () => {
  const child = spawn(process.execPath, ["--conditions=@lab/source", "--import", "tsx", cli, "bound", "list"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let error = "";
  child.stderr.on("data", (text) => (error += String(text)));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([code, error]).toEqual([0, ""]);
});

it("pacbayes ends with code 2, one line on the error stream and nothing else after a mistake", async () => {
  const [bound, none] = await Promise.all([pacbayes(["bound", "maurer", ...numbers.slice(0, -1), "1.2"]), pacbayes(["nonsense"])]);
  expect(bound).toEqual({ code: 2, out: "", error: "Cannot bound the risk: delta must be in (0, 1), got 1.2\n" });
  expect([none.code, none.out]).toEqual([2, ""]);
  expect(none.error).toBe("Cannot run pacbayes nonsense: expected one of bound, certify; see pacbayes --help\n");
});

it("pacbayes certify exact-posterior writes a record that verify accepts, and refuses once a bound is changed", async () => {
  const file = join(folder, "posterior.json");
  const made = await pacbayes(["certify", "exact-posterior", "-", "--out", file], given(good));
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
