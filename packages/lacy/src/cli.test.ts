import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const folder = await mkdtemp(join(tmpdir(), "lab-lacy-"));
const at = (name: string): string => join(folder, name);
await writeFile(
  at("train.jsonl"),
  [
    ["Mira Oduya", "Nairobi"],
    ["Ivo Tarn", "Bergen"],
  ]
    .map(([title, town]) => `${JSON.stringify({ title, text: `${title} was born in ${town} in 1911.`, facts: [["Birth Place", town]] })}\n`)
    .join(""),
);

/** What the command prints, its errors, and how it ends. */
function lacy(...words: string[]): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const node = ["--conditions=@lab/source", "--import", createRequire(import.meta.url).resolve("tsx"), fileURLToPath(new URL("cli.ts", import.meta.url))];
  return new Promise((resolve) => {
    execFile(process.execPath, [...node, ...words], { timeout: 60_000 }, (error, out, err) =>
      resolve({ out, err, code: error === null ? 0 : Number(error.code) }),
    );
  });
}

describe("lacy", () => {
  it("lacy goes from sentences to a model that generates and explains", { timeout: 120_000 }, async () => {
    const learned = await lacy("tokenizer", "--data", at("train.jsonl"), "--out", at("tokenizer.json"), "--vocabulary", "266", "--json");
    expect(JSON.parse(learned.out)).toMatchObject({ vocabulary: 266, merges: 8 });
    const small = ["--steps", "3", "--layers", "1", "--channels", "8", "--heads", "2", "--context", "16", "--batch", "2", "--json"];
    const trained = await lacy("train", "--data", folder, "--tokenizer", at("tokenizer.json"), "--out", at("model"), ...small);
    expect(JSON.parse(trained.out)).toMatchObject({ steps: 3, documents: 2 });
    const written = await lacy("generate", "Mira", "--model", at("model"), "--large", at("model"), "--budget", "1", "--tokens", "3", "--json");
    const { text, pieces } = JSON.parse(written.out) as { text: string; pieces: { text: string; by: string }[] };
    expect([pieces.map((piece) => piece.text).join(""), pieces.some(({ by }) => by === "large")]).toEqual([text, true]);
    await lacy("explain", "Mira <b> 1911", "--model", at("model"), "--out", at("page.html"));
    expect(await readFile(at("page.html"), "utf8")).toContain('class="factual');
  });

  it("lacy says what is wrong in one line, and what there is", async () => {
    const [help, wrong] = await Promise.all([lacy("--help"), lacy("generate", "x", "--model", at("nowhere"))]);
    for (const name of ["annotate", "tokenizer", "train", "generate", "evaluate", "serve", "explain"]) expect(help.out + help.err).toContain(name);
    expect([wrong.code, wrong.err]).toEqual([2, `Cannot read ${at("nowhere")}/tokenizer.json: there is no such file\n`]);
  });
});
