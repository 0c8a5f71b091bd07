import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelPair } from "./command/model-argument.ts";

type Ended = { readonly code: number; readonly out: string; readonly error: string };
const cli = fileURLToPath(new URL("cli.ts", import.meta.url));
const nonident = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, ["--conditions=@lab/source", "--import", "tsx", cli, ...args], (error, out, text) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, error: text }),
    );
  });
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
    const [whole, one] = await Promise.all([nonident("--help"), nonident("equivalent", "--help")]);
    for (const name of ["kl", "equivalent", "languages"]) expect(whole.out).toContain(name);
    expect(one.out).toContain("--epsilon");
    expect([whole.code, one.code]).toEqual([0, 0]);
  });

  it("nonident says in one line what is wrong, and ends with 2", async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["kl", file("broken.json"), file("fair.json")], "expected JSON"],
      [["equivalent", file("fair.json"), file("bent.json"), "--epsilon", "x"], "expected a number, got x"],
    ];
    const ended = await Promise.all(cases.map(([args]) => nonident(...args)));
    ended.forEach(({ code, error }, i) => {
      expect(error).toContain(cases[i]![1]);
      expect(error.trim().split("\n")).toHaveLength(1);
      expect(code).toBe(2);
    });
  });

  it("modelPair() says what is wrong with each kind of model", async () => {
    const cases: readonly (readonly [readonly [string, string], string])[] = [
      [[file("none.json"), file("fair.json")], "expected a file that can be read"],
      [[file("other.json"), file("fair.json")], "Cannot read a model"],
      [["dyck-2:4", file("fair.json")], "expected one end symbol, got 4 and 2"],
      [["dyck-9:4", file("fair.json")], "expected one of aNbN"],
      [["dyck-2", file("fair.json")], "such as dyck-2:8"],
      [[file("fair.json"), "endpoint:m@http://127.0.0.1:1/v1"], "expected --pieces"],
    ];
    for (const [pair, said] of cases) await expect(modelPair(pair, {})).rejects.toThrow(said);
  });
});
