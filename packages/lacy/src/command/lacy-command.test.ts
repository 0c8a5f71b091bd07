import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { captured as lacy } from "./captured.ts";

process.env["LAB_ENGINE"] ??= "wasm";

const folder = await mkdtemp(join(tmpdir(), "lab-lacy-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const texts = at("texts.jsonl");
const record = (i: number): string => `${JSON.stringify({ title: `Mira ${i}`, text: `Mira ${i} was born in Nairobi in ${1900 + (i % 90)}.`, facts: [] })}\n`;
await writeFile(texts, Array.from({ length: 40 }, (_, i) => record(i)).join(""));

/** That each ends with code 2 and this line. */
async function expectMistakes(mistakes: readonly (readonly [words: readonly string[], told: string])[]): Promise<void> {
  for (const [words, told] of mistakes) {
    const { err, out, code } = await lacy(...words);
    expect([out, code, err.split("\n").length]).toEqual(["", 2, 2]);
    expect(err).toContain(told);
  }
}

const small = ["--layers", "1", "--channels", "8", "--heads", "2", "--context", "16", "--batch", "2", "--threads", "0"];
const train = ["train", "--data", texts, "--tokenizer", at("tokenizer.json"), ...small];
beforeAll(async () => {
  await lacy("tokenizer", "--data", texts, "--out", at("tokenizer.json"), "--vocabulary", "270", "--json");
  await lacy(...train, "--out", at("model"), "--steps", "1", "--json");
}, 30_000);

describe("lacy", () => {
  it("lacy refuses words that it does not know, and flags without their values", () =>
    expectMistakes([
      [["annotat", "--help"], "Cannot run lacy annotat: expected one of annotate, tokenizer, train"],
      [["annotate", "--out", at("x"), "more"], "Cannot run lacy annotate: expected flags alone, got more"],
      [["generate", "Mira", "Oduya", "--model", at("model")], "expected one PROMPT, got 2 words; put text in quotation marks"],
      [["generate", "--model", at("model"), "--", "a", "b"], "expected one PROMPT, got 2 words"],
      [["annotate", "--data", "--out", at("x")], "--data asks for a value, got --out"],
      [["annotate", "--out"], "--out asks for a value, got none"],
      [["annotate", "--out="], "--out asks for a value, got none"],
      [["annotate", "-out", at("x")], "there is no -out"],
      [["generate", "x", "--model", at("model"), "--json=yes"], "--json takes no value, got yes"],
      [["generate", "x", "--model", at("model"), "--timeout", "0"], "Cannot read --timeout: expected a number of at least 0.001, got 0"],
      [["train", "--help="], "Cannot run lacy train: there is no --help"],
    ]));

  it("lacy writes the names of flags in its help as it reads them, and its version", async () => {
    const { out, code } = await lacy("train", "--help");
    expect(code).toBe(0);
    expect(out).toContain("--selection-warmup=<steps>");
    expect(out).not.toMatch(/--[a-z]+[A-Z]/u);
    expect((await lacy("generate", "--help")).out).toContain("also --rate");
    expect((await lacy("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });

  it("lacy says before it begins that it cannot write where it is told, and writes nothing where it fails", async () => {
    await writeFile(at("empty.jsonl"), "");
    await writeFile(at("torn.jsonl"), `${record(0)}{"title": \n`);
    await writeFile(at("typed.jsonl"), '{"title":"A","text":7}\n');
    const before = (await readdir(folder)).toSorted();
    const out = ["--out", at("new")];
    await expectMistakes([
      ...["annotate", "tokenizer"].flatMap((command): [string[], string][] => [
        [[command, "--data", texts, "--out", at("none/x")], `Cannot write ${at("none/x")}: there is no folder ${at("none")}`],
        [[command, "--data", texts, "--out", folder], "it is a folder, and a file was expected"],
        [[command, "--data", at("empty.jsonl"), ...out], `Cannot read the documents of ${at("empty.jsonl")}: expected one at least, got none`],
        [[command, "--data", at("nowhere"), ...out], "there is no such file or folder"],
        [[command, "--data", at("typed.jsonl"), ...out], `expected string, received number (${at("typed.jsonl")}:1)`],
      ]),
      [["tokenizer", "--data", at("torn.jsonl"), ...out], `Cannot read ${at("torn.jsonl")}:2: expected a line of JSON`],
      [["annotate", "--data", texts, "--tagger", "luck", ...out], "Cannot read --tagger: expected one of compromise, wink, capitals, got luck"],
      [[...train, "--out", texts], `Cannot write into ${texts}: a file is in its place`],
      [[...train, "--out", join(texts, "x")], "a file is where a folder should be"],
      [[...train, "--out", at("new"), "--log", texts], `Cannot write into ${texts}`],
      [[...train, "--out", at("new"), "--batch", "500"], "Cannot read --batch: expected at most"],
      [[...train, "--out", at("new"), "--heads", "3"], "expected channels to be a multiple of 3 heads, got 8"],
      [["explain", "x", "--model", at("model"), "--out", at("none/x.html")], "there is no folder"],
      [["generate", "x", "--model", at("model"), "--history", folder], "it is a folder"],
      [["serve", "--model", at("model"), "--port-file", at("none/x")], "there is no folder"],
      [["serve", "--model", at("model"), "--port", "65536"], "expected a whole number of at least 0 and at most 65535, got 65536"],
    ]);
    expect((await readdir(folder)).toSorted()).toEqual(before);
  });

  it("lacy annotate leaves a file that is none of its own as it is, and keeps what it did before a document that it cannot read", async () => {
    for (const text of ["precious words", '{"title":"A"}\nno end']) {
      await writeFile(at("notes.txt"), text);
      await expectMistakes([[["annotate", "--data", texts, "--out", at("notes.txt"), "--threads", "0"], "name another file, or remove it to begin anew"]]);
      expect(await readFile(at("notes.txt"), "utf8")).toBe(text);
    }
    const long = "Mira was born in Nairobi. ".repeat(10_000);
    const lines = (end: string): string => `${JSON.stringify({ title: "A", text: long })}\n${end}\n`;
    await writeFile(at("broken.jsonl"), lines("{"));
    const annotate = ["annotate", "--data", at("broken.jsonl"), "--threads", "0", "--tagger", "capitals", "--json", "--out"];
    await expectMistakes([[[...annotate, at("kept.jsonl")], `Cannot read ${at("broken.jsonl")}:2`]]);
    await writeFile(at("broken.jsonl"), lines(record(1).trim()));
    for (const name of ["kept.jsonl", "whole.jsonl"]) expect((await lacy(...annotate, at(name))).code).toBe(0);
    expect(await readFile(at("kept.jsonl"), "utf8")).toBe(await readFile(at("whole.jsonl"), "utf8"));
  });

  it("lacy names the folder of a model that it cannot use", async () => {
    const broken = async (name: string, file: string, content: string | Uint8Array): Promise<string> => {
      await mkdir(at(name));
      for (const each of ["config.json", "model.safetensors", "tokenizer.json"]) await writeFile(join(at(name), each), await readFile(join(at("model"), each)));
      await writeFile(join(at(name), file), content);
      return at(name);
    };
    const weights = await readFile(join(at("model"), "model.safetensors"));
    const generate = (model: string): string[] => ["generate", "x", "--model", model];
    await lacy("tokenizer", "--data", texts, "--out", at("other.json"), "--vocabulary", "262", "--json");
    await expectMistakes([
      [generate(await broken("a", "config.json", "{")), `Cannot use the model in ${at("a")}: config.json: `],
      [generate(await broken("b", "config.json", '{"model_type":"bert"}')), `Cannot use the model in ${at("b")}: Cannot read a model: expected model_type`],
      [generate(await broken("c", "model.safetensors", weights.subarray(0, 500))), `Cannot use the model in ${at("c")}: `],
      [
        generate(await broken("d", "tokenizer.json", await readFile(at("other.json")))),
        `Cannot use the model in ${at("d")}: expected a model of the 262 tokens of its tokenizer.json, got one of 270`,
      ],
      [generate(await broken("e", "tokenizer.json", "[")), `Cannot read ${at("e")}/tokenizer.json: `],
      [[...generate(at("model")), "--large", "endpoint:m"], "Cannot read --large: expected a folder or endpoint:MODEL@URL, got endpoint:m"],
    ]);
  });

  it("lacy train and lacy annotate end with 130 at Ctrl-C, and the same command goes on to the same end", async () => {
    const pressed = async (words: readonly string[], seen: () => Promise<boolean>): ReturnType<typeof lacy> => {
      const running = lacy(...words);
      await vi.waitFor(async () => expect(await seen()).toBe(true), { timeout: 20_000, interval: 5 });
      process.emit("SIGINT");
      return running;
    };
    const size = async (path: string): Promise<number> => (await readFile(path).catch(() => Buffer.alloc(0))).length;
    const steps = ["--steps", "120", "--log-every", "1", "--json"];
    const { err, code } = await pressed([...train, "--out", at("cut"), ...steps], async () => (await size(at("cut/log/log.jsonl"))) > 0);
    expect([err, code]).toEqual([expect.stringMatching(/^Interrupted at step \d+ of 120; the checkpoint in .*cut\/checkpoint goes on from there\n$/u), 130]);
    for (const name of ["cut", "whole"]) expect((await lacy(...train, "--out", at(name), ...steps)).code).toBe(0);
    expect((await readFile(at("cut/model.safetensors"))).equals(await readFile(at("whole/model.safetensors")))).toBe(true);

    await writeFile(at("many.jsonl"), Array.from({ length: 6000 }, (_, i) => record(i)).join(""));
    const annotate = ["annotate", "--data", at("many.jsonl"), "--tagger", "capitals", "--threads", "0", "--json", "--out"];
    const cut = await pressed([...annotate, at("cut.jsonl")], async () => (await size(at("cut.jsonl"))) > 0);
    expect([cut.err, cut.code]).toEqual([
      expect.stringMatching(/^Interrupted at document \d+; the same command goes on with .*cut\.jsonl from there\n$/u),
      130,
    ]);
    const kept = (await readFile(at("cut.jsonl"), "utf8")).trimEnd().split("\n").length - 1;
    expect(cut.err).toContain(`document ${kept};`);
    expect([kept > 0, kept < 6000]).toEqual([true, true]);
    for (const name of ["cut.jsonl", "at-once.jsonl"]) expect((await lacy(...annotate, at(name))).code).toBe(0);
    expect(await readFile(at("cut.jsonl"), "utf8")).toBe(await readFile(at("at-once.jsonl"), "utf8"));
  });

  it("lacy generate and lacy evaluate end with 130 at Ctrl-C while an endpoint is silent, and go on without it after --timeout", async () => {
    let asked = 0;
    const silent = createServer(() => void asked++);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const cascade = ["--model", at("model"), "--large", `endpoint:any@http://127.0.0.1:${port}/v1`, "--budget", "1", "--tokens", "4"];
    try {
      for (const [words, told] of [
        [["generate", "Mira", ...cascade], /^Interrupted at piece \d+\n$/u],
        [["evaluate", "--data", texts, ...cascade, "--json"], /^Interrupted at subject 0 of 40; nothing is kept\n$/u],
      ] as const) {
        asked = 0;
        const running = lacy(...words);
        await vi.waitFor(() => expect(asked).toBeGreaterThan(0), { timeout: 20_000, interval: 5 });
        process.emit("SIGINT");
        const { err, code } = await running;
        expect([err, code]).toEqual([expect.stringMatching(told), 130]);
      }
      const { err, out, code } = await lacy("generate", "Mira", ...cascade, "--timeout", "0.05", "--json");
      expect([code, (JSON.parse(out) as { text: string }).text.length > 0]).toEqual([0, true]);
      expect(err).toContain("The bigger model failed, the small one goes on");
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });
});
