import { appendFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { annotationFile, readAnnotations } from "./annotation-file.ts";
import { annotatedSpans, annotation, factShares, taggerOf } from "./annotation.ts";
import { annotations, type Annotated } from "./annotations.ts";

const TEXTS: readonly Annotated[] = Array.from({ length: 90 }, (_, i) => ({
  id: `t${i}`,
  text: `Mira Oduya was botanist number ${i} of Nairobi. 😀 She left in ${1900 + i}. `.repeat(48),
}));
const settings = { tagger: "wink", options: { mention: "span" } } as const;
async function gathered<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of all) list.push(each);
  return list;
}
const path = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), "lab-facts-")), "facts.jsonl");

describe("annotations()", () => {
  it("annotations() on two workers are those of none, in the same order", async () => {
    const alone = await gathered(annotations(TEXTS, { ...settings, threads: 0 }));
    const together = await gathered(annotations(TEXTS, { ...settings, threads: 2 }));
    expect(together).toEqual(alone);
    expect(alone.map(({ id }) => id)).toEqual(TEXTS.map(({ id }) => id));
    expect(alone).toEqual(TEXTS.map((text) => annotation(text, taggerOf(settings))));
  });

  it("annotations() end where their texts fail, their reader leaves or they are told to, and refuse settings that are none", async () => {
    async function* failing(): AsyncGenerator<Annotated> {
      yield TEXTS[0]!;
      throw new Error("the disk is gone");
    }
    await expect(gathered(annotations(failing(), { ...settings, threads: 1 }))).rejects.toThrow("the disk is gone");
    for await (const { id } of annotations(TEXTS, { ...settings, threads: 1 })) {
      expect(id).toBe("t0");
      break;
    }
    await expect(gathered(annotations(TEXTS, { ...settings, threads: 0, signal: AbortSignal.abort(new Error("enough")) }))).rejects.toThrow("enough");
    await expect(gathered(annotations([], { tagger: "none" as "wink" }))).rejects.toThrow('expected the tagger compromise, wink or capitals, got "none"');
    await expect(gathered(annotations([], { tagger: "wink", threads: -1 }))).rejects.toThrow("threads must be a whole number, got -1");
  });
});

describe("annotationFile()", () => {
  it("annotationFile() goes on where it was cut off, and is then the file of one run", async () => {
    const [once, twice] = [await path(), await path()];
    const shares = await annotationFile(once, TEXTS, { ...settings, threads: 0 });
    const stopped = new Error("power cut");
    async function* cut(): AsyncGenerator<Annotated> {
      yield* TEXTS.slice(0, 70);
      throw stopped;
    }
    await expect(annotationFile(twice, cut(), { ...settings, threads: 0 })).rejects.toThrow(stopped);
    const before = (await readFile(twice, "utf8")).split("\n").length - 2;
    expect(before).toBeGreaterThan(0);
    await appendFile(twice, '{"id":"t64","fac');
    const heard: number[] = [];
    const resumed = await annotationFile(twice, TEXTS, { ...settings, threads: 0, onWords: ({ now, total, documents }) => heard.push(now, total, documents) });
    expect(await readFile(twice, "utf8")).toBe(await readFile(once, "utf8"));
    expect(resumed).toEqual(shares);
    // Words of this run alone, then of all.
    expect(heard.slice(-3)).toEqual([(shares.words / 90) * (90 - before), shares.words, 90]);
    const untouched = await annotationFile(twice, TEXTS, { ...settings, threads: 0, onWords: () => expect.unreachable() });
    expect(untouched).toEqual(shares);
  });

  it("readAnnotations() gives back the spans of the facts", async () => {
    const file = await path();
    await annotationFile(file, TEXTS.slice(0, 3), { ...settings, threads: 0 });
    const read = await readAnnotations(file);
    for (const { id, text } of TEXTS.slice(0, 3)) {
      const spans = taggerOf(settings)(text);
      const facts = (each: readonly { kind: string; start: number; end: number; rule: string }[]): object[] => each.filter(({ kind }) => kind === "factual");
      expect(facts(annotatedSpans(read.get(id)!))).toEqual(facts(spans));
      expect(
        annotatedSpans(read.get(id)!)
          .filter(({ kind }) => kind === "grammatical")
          .map(({ start }) => start),
      ).toEqual(spans.filter(({ kind }) => kind === "grammatical").map(({ start }) => start));
    }
    expect(factShares(read.values()).documents).toBe(3);
  });

  it("annotationFile() refuses a file of other settings or texts, and lines that are none", async () => {
    const file = await path();
    await annotationFile(file, TEXTS.slice(0, 2), { ...settings, threads: 0 });
    await expect(annotationFile(file, TEXTS, { tagger: "wink", threads: 0 })).rejects.toThrow(
      'expected the settings {"settings":{"tagger":"wink","options":{}}}, got {"settings":{"tagger":"wink","options":{"mention"',
    );
    await expect(annotationFile(file, TEXTS.toReversed(), { ...settings, threads: 0 })).rejects.toThrow('expected the text "t89" as number 1, got "t0"');
    await expect(annotationFile(file, TEXTS.slice(0, 1), { ...settings, threads: 0 })).rejects.toThrow("it holds 2 texts, and 1 are given");
    const broken = await path();
    await writeFile(broken, '{"settings":{}}\n{"id":"a"}\n');
    await expect(readAnnotations(broken)).rejects.toThrow(`Cannot read ${broken}:2: expected an annotation: facts`);
  });
});
