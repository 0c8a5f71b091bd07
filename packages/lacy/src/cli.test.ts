import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytePairTokenizer } from "@lab/tensor-core";
import { bytePairs } from "@lab/tensor-core/hugging-face";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { captured as lacy } from "./command/captured.ts";
import { readAnnotations } from "./facts/annotation-file.ts";

// What the commands do is the same on any engine, and this one compiles nothing: the long test of the commands runs on the machine's own.
process.env["LAB_ENGINE"] ??= "wasm";

const folder = await mkdtemp(join(tmpdir(), "lab-lacy-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const texts = at("texts");
await mkdir(texts);
await writeFile(
  join(texts, "train.jsonl"),
  [
    ["Mira Oduya", "Nairobi"],
    ["Ivo Tarn", "Bergen"],
  ]
    .map(([title, town]) => `${JSON.stringify({ title, text: `${title} was born in ${town} in 1911.`, facts: [["Birth Place", town]] })}\n`)
    .join(""),
);

/** The result of a command that succeeds. */
async function result(...words: string[]): Promise<unknown> {
  const { out, err, code } = await lacy(...words, "--json");
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

const small = ["--layers", "1", "--channels", "8", "--heads", "2", "--context", "16", "--batch", "2", "--threads", "0"];
const train = ["train", "--data", texts, "--tokenizer", at("tokenizer.json"), "--out", at("model"), ...small];
let [learned, trained]: unknown[] = [];
beforeAll(async () => {
  learned = await result("tokenizer", "--data", texts, "--out", at("tokenizer.json"), "--vocabulary", "266");
  trained = await result(...train, "--steps", "3");
}, 30_000);

describe("lacy", () => {
  it("lacy marks facts, learns a tokenizer, and trains a model whose checkpoint is gone on with", async () => {
    expect(await result("annotate", "--data", texts, "--out", join(texts, "facts.jsonl"), "--threads", "0")).toMatchObject({ documents: 2, words: 16 });
    const { facts } = (await readAnnotations(join(texts, "facts.jsonl"))).get("Mira Oduya")!;
    expect(facts.map(([start, end]) => "Mira Oduya was born in Nairobi in 1911.".slice(start, end))).toEqual(["Mira", "Oduya", "Nairobi", "1911"]);
    expect(learned).toMatchObject({ vocabulary: 266, merges: 8 });
    expect(trained).toMatchObject({ steps: 3, documents: 2 });
    const weights = await readFile(at("model/model.safetensors"));
    expect(await result(...train, "--steps", "3")).toMatchObject({ steps: 3 });
    // The checkpoint has taken three steps: fewer are not asked of it.
    expect(await result(...train, "--steps", "1")).toMatchObject({ steps: 3 });
    expect((await readFile(at("model/model.safetensors"))).equals(weights)).toBe(true);
    const log = (await readFile(at("model/log/log.jsonl"), "utf8")).trimEnd().split("\n");
    expect(log.map((line) => JSON.parse(line) as object)).toEqual([expect.objectContaining({ step: 3, loss: expect.any(Number) as number })]);
    expect((await readdir(at("model/log"))).filter((name) => name.startsWith("events.out.tfevents."))).toHaveLength(1);
    const other = ["train", "--data", at("other.jsonl"), ...train.slice(3), "--steps", "4"];
    await writeFile(at("other.jsonl"), `${JSON.stringify({ title: "Ada Ruun", text: "Ada Ruun was born in Leeds in 1935, and lived in Bergen." })}\n`);
    expect((await lacy(...other)).err).toMatch(/^Cannot resume from .*: it was written with documents = "[0-9a-f]{64}", this run has "[0-9a-f]{64}"; remove/u);
    expect((await lacy(...train, "--steps", "4", "--rate", "0.1")).err).toContain("it was written with rate = 0.002, this run has 0.1");
    expect((await lacy(...train, "--steps", "4", "--mention", "all")).err).toContain('it was written with mention = "word", this run has "all"');
    expect((await lacy(...train, "--pieces", "last")).err).toBe("Cannot read --pieces: expected one of all, first, got last\n");
  });

  it("lacy trains by the calls of LMLM, chosen among all parts of a batch once its selection has warmed up, and logs as it goes", async () => {
    const examples = Array.from({ length: 4 }, (_, i) => ({
      annotated_text: `Mira Oduya was born in [dblookup('Mira Oduya', 'Birth Place') -> Nairobi] Nairobi in [dblookup('Mira Oduya', 'Birth Date') -> 191${i}] 191${i}.`,
    }));
    await writeFile(at("train-calls.json"), JSON.stringify({ examples }));
    const judge = ["train", "--data", at("train-calls.json"), ...train.slice(3, 5), "--out", at("judge"), ...small, "--rule", "judge", "--log-every", "1"];
    const parts = ["--accumulate", "2", "--scope", "global", "--selection-warmup", "1", "--rank-by", "p", "--steps", "2"];
    const { callRate, trueTargets, ...told } = (await result(...judge, ...parts)) as { callRate: number; trueTargets: number };
    expect(told).toMatchObject({ steps: 2, documents: 4, rule: "judge" });
    const rates = (await readFile(at("judge/log/log.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { callRate: number }).callRate);
    // Of two rows of 16 tokens, those of "Nairobi" and of the year.
    expect([rates.length, rates[0], rates[1]! > 0.1, rates[1]! < 0.6]).toEqual([2, 0, true, true]);
    expect([callRate, trueTargets]).toEqual([rates[1]! / 2, 64 - 32 * rates[1]!]);
    expect((await lacy(...train.slice(0, 5), "--out", at("none"), ...small, "--rule", "judge")).err).toContain("no document has calls");
    expect((await lacy(...judge, "--accumulate", "3")).err).toContain("expected --batch to be a multiple of --accumulate");
  });

  it("lacy trains by what a model trained before finds hard, and goes on with the same one only", async () => {
    const by = (rule: string, out: string, ...more: readonly string[]): string[] => [
      ...train.slice(0, 5),
      ...["--out", at(out), ...small, "--rule", rule, "--log-every", "1", ...more],
    ];
    const weights = (out: string): Promise<Buffer> => readFile(at(`${out}/model.safetensors`));
    const reference = ["--reference", at("model")];
    expect(await result(...by("rho", "rho", ...reference, "--steps", "2"))).toMatchObject({ rule: "rho", callRate: 5 / 32, trueTargets: 54 });
    expect(await result(...by("rho", "again", "--reference", at("rho"), "--steps", "2"))).toMatchObject({ callRate: 5 / 32 });
    expect((await weights("rho")).equals(await weights("again"))).toBe(false);
    expect(await result(...by("reference", "hard", ...reference, "--fraction", "0.5", "--steps", "1"))).toMatchObject({ rule: "reference" });
    expect((await lacy(...by("rho", "rho", "--reference", at("again"), "--steps", "3"))).err).toMatch(/it was written with reference = "[0-9a-f]{64}"/u);
    expect((await lacy(...by("rho", "none"))).err).toContain("Cannot train with --rule rho: it asks for a --reference");
    expect((await lacy(...by("lacy", "none", ...reference))).err).toContain("Cannot train with --rule lacy: it has no use for a --reference");
    expect((await lacy(...by("rho", "none", "--reference", at("nowhere")))).err).toMatch(/Cannot read .*nowhere.*there is no such file/u);
    expect((await lacy(...by("rho", "none", ...reference, "--context", "17"))).err).toContain("it takes 16 tokens a row, fewer than --context 17");
    await result("tokenizer", "--data", texts, "--out", at("wide.json"), "--vocabulary", "268");
    const wide = ["train", "--data", texts, "--tokenizer", at("wide.json"), "--out", at("none"), ...small, "--rule", "rho", ...reference];
    expect((await lacy(...wide)).err).toContain("it has another tokenizer");
  });

  it("lacy generates in a cascade, and explains", async () => {
    const cascade = ["--model", at("model"), "--large", at("model"), "--budget", "1"];
    const { text, calls, pieces } = (await result("generate", "Mira ", ...cascade, "--tokens", "8")) as Written;
    expect([pieces.map((piece) => piece.text).join(""), pieces.map(({ reason }) => reason).includes("called"), calls > 0]).toEqual([text, true, true]);
    const long = (await result("generate", "Mira ", ...cascade, "--tokens", "8", "--answer", "word", "--budget-unit", "pieces")) as Written;
    expect([long.calls > 0, long.pieceRate, long.characterRate]).toEqual([true, 1, 1]);
    expect(pieces.filter(({ failure }) => failure !== undefined)).toEqual([]);
    const drawn = [
      "generate",
      "Mira ",
      ...cascade.slice(0, 4),
      "--rate",
      "0.5",
      "--score",
      "log-probability",
      "--history",
      at("history.json"),
      "--tokens",
      "6",
    ];
    const { pieces: told } = (await result(...drawn, "--temperature", "2", "--top-k", "3", "--top-p", "0.9")) as Written;
    const scores = told.flatMap(({ score }) => (score === null ? [] : [score]));
    expect(scores.every((score) => score < 0)).toBe(true);
    const history = async (): Promise<number[]> => (JSON.parse(await readFile(at("history.json"), "utf8")) as { scores: number[] }).scores;
    expect(await history()).toEqual(scores);
    await result(...drawn);
    expect((await history()).slice(0, scores.length)).toEqual(scores);
    expect((await history()).length).toBeGreaterThan(scores.length);
    expect((await lacy(...drawn, "--score", "margin")).err).toContain("it holds scores of --score log-probability, not margin");
    expect((await lacy("explain", "Mira <b> 1911", "--model", at("model"), "--out", at("page.html"))).out).toBe(`${at("page.html")}\n`);
    expect(await readFile(at("page.html"), "utf8")).toContain('class="factual');
    expect((await lacy("explain", "Mira 1911", "--model", at("model"))).out.replaceAll(/[[\]_]/gu, "")).toBe("Mira 1911\n");
  });

  it("lacy serves until it is told to end, and gives the text of lacy generate", async () => {
    const asked = lacy("serve", "--model", at("model"), "--port", "0", "--port-file", at("address"), "--streams", "2");
    const url = await vi.waitFor(async () => {
      const found = await readFile(at("address"), "utf8");
      expect(found).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
      return found;
    }, 10_000);
    const body = JSON.stringify({ prompt: "was born in", max_tokens: 3, temperature: 0 });
    const answer = (await (await fetch(`${url}/v1/completions`, { method: "POST", body })).json()) as {
      choices: { text: string }[];
      usage: { prompt_tokens: number };
    };
    const tokenizer = bytePairTokenizer(bytePairs(await readFile(at("tokenizer.json"), "utf8")));
    // Fewer than letters: both texts hold these words, and some of their letters are joined.
    expect([answer.usage.prompt_tokens, answer.usage.prompt_tokens < "was born in".length]).toEqual([tokenizer.encode("was born in").length, true]);
    process.emit("SIGTERM");
    expect((await asked).code).toBe(0);
    const { text } = (await result("generate", "was born in", "--model", at("model"), "--tokens", "3")) as Written;
    expect(answer.choices[0]!.text).toBe(text);
  });

  it("lacy says what is wrong in one line, and what there is", async () => {
    const help = await lacy("--help");
    for (const name of ["annotate", "tokenizer", "train", "generate", "evaluate", "serve", "explain"]) expect(help.out).toContain(name);
    expect((await lacy("train", "--help")).out).toContain("--fraction");
    const missing = at("nowhere");
    for (const [words, told] of [
      [["generate", "x", "--model", missing], `Cannot read ${missing}/tokenizer.json: there is no such file`],
      [["generate", "x", "--model", missing, "--tokens", "0"], "Cannot read --tokens: expected a whole number of at least 1, got 0"],
      [["generate", "x", "--model", missing, "--top-k", "0"], "Cannot read --top-k: expected a whole number of at least 1, got 0"],
      [["generate", "x", "--model", missing, "--top-p", "0"], "Cannot decode: topP must be in (0, 1], got 0"],
      [["generate", "x", "--model", missing, "--budget", "2"], "Cannot read --budget: expected a number of at least 0 and at most 1, got 2"],
      [["generate", "x", "--model", missing, "--score", "luck"], "Cannot read --score: expected one of logit, log-probability, log-odds, margin, got luck"],
      [["generate", "x", "--model", missing, "--answer", "line"], "Cannot read --answer: expected one of token, word, span, got line"],
      [["generate", "x", "--model", missing, "--budget-unit", "words"], "Cannot read --budget-unit: expected one of decisions, pieces, got words"],
      [
        ["train", "--tokenizer", at("tokenizer.json"), "--out", missing, "--rule", "luck"],
        "Cannot read --rule: expected one of lacy, facts, random, rho, reference, judge, none, got luck",
      ],
      [["generate", "x", "--model", missing, "--tokenz", "3"], "Cannot run lacy generate: there is no --tokenz; see lacy generate --help"],
      [["evaluate", "--data", texts, "--model", at("model"), "--split", "test"], "Cannot evaluate: there are no documents"],
      [
        ["tokenizer", "--data", join(texts, "facts.jsonl"), "--out", missing],
        `Cannot read the documents of ${join(texts, "facts.jsonl")}: it holds facts that \`lacy annotate\` found, not texts; give the texts they were found in`,
      ],
      [["train"], "Missing required argument: --tokenizer"],
    ] as const)
      expect(await lacy(...words)).toEqual({ out: "", err: `${told}\n`, code: 2 });
    expect((await lacy("write")).code).toBe(2);
  });

  it("lacy is a program, whose exit code says how it ended", async () => {
    const node = ["--conditions=@lab/source", "--import", createRequire(import.meta.url).resolve("tsx"), fileURLToPath(new URL("cli.ts", import.meta.url))];
    const code = await new Promise((resolve) => {
      execFile(process.execPath, [...node, "generate", "x", "--model", at("nowhere")], (error) => resolve(error?.code));
    });
    expect(code).toBe(2);
  });
});
type Written = {
  readonly text: string;
  readonly calls: number;
  readonly pieceRate: number;
  readonly characterRate: number;
  readonly pieces: readonly { readonly text: string; readonly by: string; readonly reason: string; readonly score: number | null; readonly failure?: string }[];
};
