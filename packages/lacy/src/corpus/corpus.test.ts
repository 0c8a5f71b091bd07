import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { corpus } from "./corpus.ts";
import { document, type Document } from "./document.ts";
import { documents, type DocumentsOptions } from "./documents.ts";
import { wordnet } from "./wordnet.ts";

const mira = {
  id: "7",
  title: "Mira Oduya",
  text: "Mira Oduya (1911 – 1988) was a botanist.\u2028She taught.",
  facts: [["Birth Date", "1911", 12]],
  kind: "person",
};
const tarn = {
  title: "Tarn Bridge",
  text: "The Tarn Bridge crosses the Tarn. 😀 It opened in 1974.",
  facts: [["Opened", "1974", 50]],
  more: [["Length", "412 m"]],
};

async function folder(files: { readonly [name: string]: string | Uint8Array }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "lab-corpus-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}
async function read(path: string, options: DocumentsOptions = {}): Promise<Document[]> {
  const all: Document[] = [];
  for await (const each of documents(path, options)) all.push(each);
  return all;
}
const lines = (...records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");

describe("document()", () => {
  it("document() keeps what it knows, puts facts without a place with the further ones, and asks only for a title and a text", () => {
    expect(document({ title: "A", text: "B", url: "x", facts: [["Colour", "red"]] })).toEqual({
      id: "A",
      title: "A",
      text: "B",
      facts: [],
      more: [["Colour", "red"]],
    });
    expect(document({ ...tarn, id: 12 })).toEqual({ ...tarn, id: "12" });
  });

  it("document() refuses a fact that does not stand where it says, and other forms, by the field", () => {
    expect(() => document({ ...mira, facts: [["Birth Date", "1911", 11]] })).toThrow('expected "1911" (Birth Date) at 11 of its text, got "(191"');
    expect(() => document({ ...mira, facts: [["Birth Date", "1911", 1e6]] })).toThrow('got ""');
    expect(() => document({ title: "A" })).toThrow("Cannot take a record as a document: text: ");
    expect(() => document({ title: "A", text: "B", facts: [["x", 3]] })).toThrow("facts.0");
    expect(() => document([])).toThrow("the record: ");
  });
});

describe("documents()", () => {
  it("documents() reads JSON Lines, plain and gzipped, and Parquet, as the same documents", async () => {
    const columns = (...records: readonly (typeof mira | typeof tarn)[]): Uint8Array =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "id", data: records.map((each) => ("id" in each ? each.id : "Tarn Bridge")), type: "STRING" },
            { name: "title", data: records.map(({ title }) => title), type: "STRING" },
            { name: "text", data: records.map(({ text }) => text), type: "STRING" },
            { name: "facts", data: records.map(({ facts }) => JSON.stringify(facts)), type: "STRING" },
            { name: "more", data: records.map((each) => JSON.stringify("more" in each ? each.more : [])), type: "STRING" },
            { name: "kind", data: records.map((each) => ("kind" in each ? each.kind : undefined)), type: "STRING", nullable: true },
          ],
          rowGroupSize: 1,
        }),
      );
    const expected = [document(mira), document(tarn)];
    for (const [name, content] of [
      ["a.jsonl", lines(mira, tarn)],
      ["a.ndjson", `\n${lines(mira, tarn).trimEnd()}`],
      ["a.jsonl.gz", gzipSync(lines(mira, tarn))],
      ["a.parquet", columns(mira as typeof mira, tarn)],
    ] as const)
      expect(await read(await folder({ [name]: content })), name).toEqual(expected);
  });

  it("documents() goes by the names of files where they name a split, in the order of paths", async () => {
    const path = await folder({
      "b/train-0.jsonl": lines(tarn),
      "a/train.jsonl": lines(mira),
      "a/test.jsonl": lines({ ...mira, title: "T" }),
      "c/other.jsonl": lines({ ...mira, title: "O" }),
    });
    const titles = async (options: DocumentsOptions): Promise<string[]> => (await read(path, options)).map(({ title }) => title);
    expect(await titles({ split: "train" })).toEqual(["Mira Oduya", "Tarn Bridge"]);
    expect(await titles({ split: "test" })).toEqual(["T"]);
    expect(await titles({ split: "validation" })).toEqual([]);
    expect(await titles({})).toEqual(["T", "Mira Oduya", "Tarn Bridge", "O"]);
    expect(await titles({ part: "a", split: "train" })).toEqual(["Mira Oduya"]);
    expect(await titles({ limit: 1 })).toEqual(["T"]);
  });

  it("documents() without such names puts each title into one split, about 90, 5 and 5 in a hundred", async () => {
    const path = await folder({ "all.jsonl": lines(...Array.from({ length: 2000 }, (_, i) => ({ title: `Subject ${i}`, text: "" }))) });
    const parts = await Promise.all((["train", "validation", "test"] as const).map(async (split) => (await read(path, { split })).map(({ title }) => title)));
    expect(new Set(parts.flat()).size).toBe(2000);
    expect(parts.flat()).toHaveLength(2000);
    // Five standard errors of binomial counts.
    [0.9, 0.05, 0.05].forEach((p, i) => expect(Math.abs(parts[i]!.length - 2000 * p)).toBeLessThan(5 * Math.sqrt(2000 * p * (1 - p))));
  });

  it("documents() says the file and the line of what it cannot read", async () => {
    const path = await folder({ "x.jsonl": `${lines(mira)}{"title":\n` });
    await expect(read(path)).rejects.toThrow(`Cannot read ${join(path, "x.jsonl")}:2: expected a line of JSON, got {"title":`);
    const wrong = await folder({ "x.jsonl": lines(mira, { title: "A" }) });
    await expect(read(wrong)).rejects.toThrow(`(${join(wrong, "x.jsonl")}:2)`);
    const broken = await folder({ "x.jsonl.gz": gzipSync(lines(mira)).subarray(0, 40), "y.jsonl": "" });
    await expect(read(broken)).rejects.toThrow(`Cannot read ${join(broken, "x.jsonl.gz")}: unexpected end of file`);
    await expect(read(await folder({ "p.parquet": "no" }))).rejects.toThrow("p.parquet: ");
    await expect(read(await folder({ "readme.txt": "" }))).rejects.toThrow("expected files .jsonl, .jsonl.gz, .ndjson or .parquet, got none");
    await expect(read("/nowhere")).rejects.toThrow("Cannot read the documents of /nowhere: there is no such file or folder");
    await expect(read(path, { split: "dev" as "test" })).rejects.toThrow('split must be one of train, validation, test, got "dev"');
    await expect(read(path, { limit: -1 })).rejects.toThrow("got -1");
  });

  it("documents() may be left before its end", async () => {
    const path = await folder({ "x.jsonl": lines(mira, tarn) });
    for await (const { title } of documents(path)) {
      expect(title).toBe("Mira Oduya");
      break;
    }
  });
});

describe("corpus()", () => {
  it("corpus() takes the folder that is named, else the variable's, else the shared one, else WordNet", async () => {
    const named = await folder({ "a.jsonl": lines(mira) });
    const shared = await folder({ "shared/data/a.jsonl": lines(tarn), "here/a.txt": "" });
    expect((await corpus({ data: named, environment: { LAB_DATA: shared } })).name).toBe(named);
    expect((await corpus({ environment: { LAB_DATA: named }, from: join(shared, "here") })).name).toBe(named);
    expect((await corpus({ environment: { LAB_DATA: "" }, from: join(shared, "here") })).name).toBe(join(shared, "shared/data"));
    expect((await corpus({ environment: {}, from: named })).name).toBe("WordNet 3.1");
    await expect(corpus({ data: join(named, "absent") })).rejects.toThrow("there is no such file or folder");
  });
});

describe("wordnet()", () => {
  it("wordnet() has thousands of subjects, whose facts stand where they say, without overlap", async () => {
    const kinds = new Map<string, number>();
    const attributes = new Map<string, number>();
    for await (const each of wordnet()) {
      expect(document(each)).toEqual(each);
      each.facts.slice(1).forEach(([, , start], i) => expect(start).toBeGreaterThanOrEqual(each.facts[i]![2] + each.facts[i]![1].length));
      kinds.set(each.kind!, (kinds.get(each.kind!) ?? 0) + 1);
      for (const [attribute] of each.facts) attributes.set(attribute, (attributes.get(attribute) ?? 0) + 1);
    }
    expect(kinds.get("person")).toBeGreaterThan(2500);
    expect(kinds.get("place")).toBeGreaterThan(2000);
    for (const attribute of ["Birth Date", "Death Date", "Nationality", "Occupation", "Location"])
      expect(attributes.get(attribute), attribute).toBeGreaterThan(1000);
  });

  it("wordnet() reads years, nationality and occupation from a gloss", async () => {
    const found: Document[] = [];
    for await (const each of wordnet({ part: "person" })) if (each.title === "Robert Koch") found.push(each);
    expect(found).toHaveLength(1);
    expect(found[0]!.text).toMatch(/^Robert Koch \(1843–1910\) was a German bacteriologist who isolated/);
    expect(found[0]!.facts.map(([attribute, value]) => [attribute, value])).toEqual([
      ["Birth Date", "1843"],
      ["Death Date", "1910"],
      ["Nationality", "German"],
      ["Occupation", "bacteriologist"],
    ]);
  });
});
