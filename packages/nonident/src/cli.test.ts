import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { modelPair } from "./command/model-argument.ts";
import { nonident as command } from "./command/nonident.ts";

type Ended = { readonly code: number; readonly out: string; readonly error: string };
const cli = fileURLToPath(new URL("cli.ts", import.meta.url));
/** In a process of its own, as a user starts it. */
const started = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, ["--conditions=@lab/source", "--import", "tsx", cli, ...args], (error, out, text) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, error: text }),
    );
  });
/** In this process, which is much sooner; one after another, because they share its console and code. */
let last: Promise<unknown> = Promise.resolve();
const nonident = (...args: readonly string[]): Promise<Ended> => {
  const ended = last.then(() => captured(args));
  last = ended;
  return ended;
};
async function captured(args: readonly string[]): Promise<Ended> {
  const [out, error]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(`${text}\n`)),
    vi.spyOn(console, "error").mockImplementation((text: string) => void error.push(`${text}\n`)),
  ];
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await command(args);
    return { code: Number(process.exitCode ?? 0), out: out.join(""), error: error.join("") };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}
let folder: string;
const file = (name: string): string => join(folder, name);
let server: Server;
let url: string;
let asked = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nonident-"));
  const table = (heads: number): string =>
    JSON.stringify({
      vocabulary: 3,
      end: 2,
      sequences: [
        [[0], heads],
        [[1], 1 - heads],
      ],
    });
  await Promise.all([
    writeFile(file("fair.json"), table(0.5)),
    writeFile(file("bent.json"), table(0.25)),
    writeFile(file("one.json"), table(1)),
    writeFile(file("broken.json"), "{"),
    writeFile(file("other.json"), JSON.stringify({ vocabulary: 3, sequences: [] })),
    writeFile(file("pieces.json"), JSON.stringify(["a", "b", "<end>"])),
  ]);
  // A service of the coin that falls on a in one half of its flips, then ends.
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      asked += 1;
      const { prompt } = JSON.parse(body) as { prompt: string };
      const listed = prompt === "" ? { a: Math.log(0.5), b: Math.log(0.5), "<end>": -1000 } : { "<end>": 0, a: -1000, b: -1000 };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ text: "", logprobs: { top_logprobs: [listed] } }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/v1`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

describe("nonident kl", () => {
  it("nonident kl enumerates two tables, and says the same from draws", async () => {
    const [exact, drawn] = await Promise.all([
      nonident("kl", file("fair.json"), file("bent.json"), "--json"),
      nonident("kl", file("fair.json"), file("bent.json"), "--draws", "50", "--json"),
    ]);
    // ½ ln 2 + ½ ln ⅔
    const truth = 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3);
    const found = JSON.parse(exact.out) as { kl: number; tv: number; klPerToken: number; unfinished: number[] };
    expect(found.kl).toBeCloseTo(truth, 12);
    expect(found.klPerToken).toBeCloseTo(truth / 2, 12);
    expect([found.tv, ...found.unfinished]).toEqual([0.25, 0, 0]);
    expect((JSON.parse(drawn.out) as { kl: { value: number } }).kl.value).toBeCloseTo(truth, 12);
  });

  it("nonident kl spells infinity in JSON, and prints lines without it", async () => {
    const [json, plain] = await Promise.all([
      nonident("kl", file("fair.json"), file("one.json"), "--json"),
      nonident("kl", file("fair.json"), file("one.json")),
    ]);
    expect(JSON.parse(json.out)).toMatchObject({ kl: "Infinity", tv: 0.5 });
    expect(plain.out).toMatch(/^kl +Infinity$/m);
  });

  it("nonident kl compares languages, and asks an endpoint for each prefix once", async () => {
    const languages = await nonident("kl", "aNbN:4", "aNbN:6", "--json");
    // Two strings against three.
    expect((JSON.parse(languages.out) as { kl: number }).kl).toBeCloseTo(Math.log(3 / 2), 12);
    const remote = await nonident("kl", file("bent.json"), `endpoint:coin@${url}`, "--pieces", file("pieces.json"), "--json");
    expect(remote.error).toBe("");
    expect((JSON.parse(remote.out) as { kl: number }).kl).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 12);
    expect(asked).toBeLessThanOrEqual(4);
  });
});

describe("nonident equivalent", () => {
  it("nonident equivalent decides, and says so by its code", async () => {
    const ended = await Promise.all([
      nonident("equivalent", file("fair.json"), file("bent.json"), "--epsilon", "0.5", "--json"),
      nonident("equivalent", file("fair.json"), file("bent.json"), "--epsilon", "0.05", "--method", "exact"),
      nonident("equivalent", file("fair.json"), file("bent.json"), "--epsilon", "0.14", "--draws", "2", "--method", "bernstein"),
    ]);
    expect(ended.map(({ code }) => code)).toEqual([0, 3, 4]);
    expect(JSON.parse(ended[0].out)).toMatchObject({ decision: "equivalent", method: "betting" });
    expect(ended[1].out).toMatch(/^decision +different$/m);
  });
});

describe("nonident probe", () => {
  it("nonident probe rules shows both models' shares beside their divergence", async () => {
    const [json, plain] = await Promise.all([
      nonident("probe", "rules", "aNbN:4", "aNbN:6", "--json"),
      nonident("probe", "rules", "aNbN:4", "aNbN:4", "--completion", "4"),
    ]);
    const found = JSON.parse(json.out) as { likelihood: { kl: { value: number } }; behaviours: Record<string, { value: number; count: number }>[] };
    expect(found.likelihood.kl.value).toBeCloseTo(Math.log(3 / 2), 12);
    expect(found.behaviours.map((of) => of["OOD R1"]!.count)).toEqual([251, 251]);
    // After a prompt that begins no string the table is uniform: a is the lowest token, and is said until the limit.
    expect(found.behaviours[0]!["OOD finished"]!.value).toBe(0);
    expect(plain.out).toMatch(/^rule extrapolation; KL ≤ 0.01: equivalent$/m);
    expect(plain.out).toMatch(/^OOD R1 .* of 251/m);
  });

  it("nonident probe completions says how a pair goes on after each prompt, and what the divergence allows", async () => {
    const args = ["probe", "completions", file("fair.json"), file("bent.json"), "--after", "[[],[1]]", "--epsilon", "0.15"];
    const [json, plain] = await Promise.all([nonident(...args, "--json"), nonident(...args)]);
    const { prompts } = JSON.parse(json.out) as { prompts: { probability: number[]; completion: { tv: { value: number } }; certifiedTv: number }[] };
    expect(prompts.map(({ completion }) => completion.tv.value)).toEqual([0.25, 0]);
    expect(prompts[1]!.probability).toEqual([0.5, 0.75]);
    expect(prompts[0]!.certifiedTv).toBeCloseTo(Math.sqrt(0.075), 12);
    expect(plain.out).toMatch(/^\(empty\) +1 +1 +0\.250/m);
  });

  it("nonident probe in-context asks both models the same flips; their equal answers are equally often right", async () => {
    const { out } = await nonident("probe", "in-context", file("fair.json"), file("fair.json"), "--shots", "0", "--prompts", "20", "--json");
    const { behaviours } = JSON.parse(out) as { behaviours: Record<string, { count: number }>[] };
    expect(behaviours[0]).toEqual(behaviours[1]);
    expect(behaviours[0]!["accuracy, 0 shots"]!.count).toBe(20);
  });

  it("nonident probe in-context takes its prompts from a world of GINC that is given by its numbers", async () => {
    const asked = ["probe", "in-context", file("fair.json"), file("fair.json"), "--shots", "0", "--prompts", "10", "--json", "--ginc"];
    const [one, again, other] = await Promise.all(["1,2,2,2,2,2", "1,2,2,2,2,2", "1,2,2,2"].map((world) => nonident(...asked, world)));
    expect((JSON.parse(one!.out) as { behaviours: Record<string, { count: number }>[] }).behaviours[0]!["accuracy, 0 shots"]!.count).toBe(10);
    expect(again!.out).toBe(one!.out);
    expect(other!.error).toContain("expected --ginc seed,concepts,values,slots,vocabulary,k");
  });
});

describe("nonident languages", () => {
  it("nonident languages lists them with counts and prompts; one of them with samples", async () => {
    const [all, one] = await Promise.all([nonident("languages", "--json", "--length", "6"), nonident("languages", "aNbN", "--json")]);
    const { languages } = JSON.parse(all.out) as { languages: { name: string; members: string }[] };
    expect(languages.find(({ name }) => name === "dyck-2")).toMatchObject({ members: "40" });
    expect(JSON.parse(one.out)).toMatchObject({ members: "1", inDistribution: 5, outOfDistribution: 251, samples: new Array(3).fill("0 0 0 0 1 1 1 1") });
  });
});

describe("nonident", () => {
  it("nonident --help says what there is, of the whole and of each command", async () => {
    const [whole, one] = await Promise.all([started("--help"), started("equivalent", "--help")]);
    for (const name of ["kl", "equivalent", "probe", "languages"]) expect(whole.out).toContain(name);
    expect(one.out).toContain("--epsilon");
    expect([whole.code, one.code]).toEqual([0, 0]);
  });

  it("nonident says in one line what is wrong, and ends with 2", async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["kl", file("broken.json"), file("fair.json")], "expected JSON"],
      [["equivalent", file("fair.json"), file("bent.json"), "--epsilon", "x"], "expected a number, got x"],
      [["probe", "taste", file("fair.json"), file("bent.json")], "expected one of rules, in-context, completions, got taste"],
      [["probe", "rules", "dyck-2:4", "dyck-2:6"], "expected models of 2 symbols and an end, got the end 4"],
      [["probe", "completions", file("fair.json"), file("bent.json"), "--after", "[1]"], "a JSON list of prompts"],
    ];
    const ended = await Promise.all(cases.map(([args]) => nonident(...args)));
    ended.forEach(({ code, error }, i) => {
      expect(error).toContain(cases[i]![1]);
      expect(error.trim().split("\n")).toHaveLength(1);
      expect(code).toBe(2);
    });
    // A process ends so too.
    expect(await started(...cases[0]![0])).toEqual(ended[0]);
  });

  it("modelPair() says what is wrong with each kind of model", async () => {
    const cases: readonly (readonly [readonly [string, string], string])[] = [
      [[file("none.json"), file("fair.json")], "none.json: there is no such file or folder"],
      [[file("other.json"), file("fair.json")], "other.json: Cannot read a model"],
      [["dyck-2:4", file("fair.json")], "expected one end symbol, got 4 and 2"],
      [["dyck-9:4", file("fair.json")], "expected one of aNbN"],
      [["dyck-2", file("fair.json")], "such as dyck-2:8"],
      [[file("fair.json"), "endpoint:m@http://127.0.0.1:1/v1"], "expected --pieces"],
    ];
    for (const [pair, said] of cases) await expect(modelPair(pair, {})).rejects.toThrow(said);
  });
});

describe("an endpoint that does not answer", () => {
  let silent: Server;
  let address: string;
  beforeAll(async () => {
    silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    address = `endpoint:m@http://127.0.0.1:${(silent.address() as { readonly port: number }).port}/v1`;
    await writeFile(file("three.json"), '["a","b","c"]');
  });
  afterAll(() => {
    silent.closeAllConnections();
    silent.close();
  });

  it("nonident kl names an endpoint that is silent for --timeout seconds, and one that is not there", async () => {
    const asking = ["kl", "aNbN:4", address, "--pieces", file("three.json")];
    const late = await nonident(...asking, "--timeout", "0.05");
    expect([late.code, late.error]).toEqual([2, `Cannot ask ${address}: Request timed out.\n`]);
    expect((await nonident(...asking, "--timeout", "0")).error).toBe("Cannot read --timeout: expected seconds above 0, got 0\n");
    const gone = "endpoint:m@http://127.0.0.1:1/v1";
    const refused = await nonident("kl", "aNbN:4", gone, "--pieces", file("three.json"));
    expect([refused.code, refused.error]).toEqual([2, `Cannot ask ${gone}: Connection error.\n`]);
  });

  it("nonident kl ends at Ctrl-C in one line, with 130", async () => {
    const requested = new Promise<void>((resolve) => silent.once("request", () => resolve()));
    const running = spawn(process.execPath, ["--conditions=@lab/source", "--import", "tsx", cli, "kl", "aNbN:4", address, "--pieces", file("three.json")]);
    let said = "";
    running.stderr.on("data", (text: Buffer) => void (said += text.toString()));
    await requested;
    running.kill("SIGINT");
    const code = await new Promise((resolve) => running.once("exit", resolve));
    expect([said, code]).toEqual(["Interrupted; nothing is kept\n", 130]);
  });

  it("nonident --version is the package's", async () => {
    expect((await nonident("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });
});

describe("words that a command does not know", () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["kl", "p.json", "q.json", "--drows", "10"], "Cannot run nonident kl: there is no --drows; see nonident kl --help"],
    [["kl", "a", "b", "c"], "Cannot run nonident kl: expected one P and one Q, got 3 words"],
    [["equivalent", "p.json", "q.json", "--epsilon"], "Cannot run nonident equivalent: --epsilon asks for a value, got none"],
    [["languages", "dyck-2", "--json=yes"], "Cannot run nonident languages: --json takes no value, got yes"],
    [["probe", "rules", "p", "q", "-longest", "3"], "Cannot run nonident probe: there is no -longest"],
  ];
  for (const [words, said] of cases)
    it(`nonident() refuses ${words.join(" ")} in one line, with exit code 2`, async () => {
      const { code, out, error } = await nonident(...words);
      expect([code, out]).toEqual([2, ""]);
      expect(error.split("\n")).toHaveLength(2);
      expect(error).toContain(said);
    });
});
