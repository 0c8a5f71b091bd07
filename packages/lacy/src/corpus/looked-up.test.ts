import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { calledSpans } from "../facts/called-spans.ts";
import { documents } from "./documents.ts";
import { lookedUp } from "./looked-up.ts";

const legacy =
  "Mira Oduya ([dblookup('Mira Oduya', 'Birth Date') -> 3 May 1911] 3 May 1911 – 1988) was a [dblookup('Mira Oduya', 'Nationality') -> Kenyan] Kenyan [dblookup(\"Mira O'Duya\", 'Occupation') -> botanist, poet] botanist and poet.\n\n[dblookup('Mira Oduya', 'Award') -> Tarn Prize] The Tarn Prize was hers.";
const special = legacy
  .replaceAll(/\[dblookup\((['"])(.+?)\1, '(.+?)'\) -> ([^\]]*)\]/g, "<|db_entity|> $2<|db_relationship|> $3<|db_return|> $4<|db_end|>")
  .replaceAll(/<.db_end.>(?! )/g, "<|db_end|>");
const plain = "Mira Oduya (3 May 1911 – 1988) was a Kenyan botanist and poet.\n\nThe Tarn Prize was hers.";

describe("lookedUp()", () => {
  it("lookedUp() is the text without lookups, and their places in it, in both ways of writing them", () => {
    for (const annotated_text of [legacy, special]) {
      const { text, calls, title } = lookedUp({ annotated_text, text: `Mira Anne Oduya\n\n${plain}` });
      expect([title, text]).toEqual(["Mira Anne Oduya", plain]);
      expect(calls.map(([start, subject, attribute, value]) => [text.slice(start, start + 5), subject, attribute, value])).toEqual([
        ["3 May", "Mira Oduya", "Birth Date", "3 May 1911"],
        ["Kenya", "Mira Oduya", "Nationality", "Kenyan"],
        ["botan", "Mira O'Duya", "Occupation", "botanist, poet"],
        ["The T", "Mira Oduya", "Award", "Tarn Prize"],
      ]);
    }
  });

  it("lookedUp() leaves out lookups that lack a part or are cut off, and takes a title from what there is", () => {
    expect(lookedUp({ annotated_text: "She [dblookup('Mira') -> x] taught [dblookup('Mira', 'Town') -> ] in Leeds [dblookup('Mira" })).toEqual({
      title: "She taught in Leeds",
      text: "She taught in Leeds ",
      calls: [],
    });
    expect(lookedUp({ annotated_text: "a <|db_entity|> Mira<|db_relation", title: "T", id: 3 })).toEqual({ id: 3, title: "T", text: "a ", calls: [] });
    expect(lookedUp({ annotated_text: "[dblookup('Ada', 'Town') -> Oslo] Oslo", text: "no title" })).toMatchObject({
      title: "Ada",
      text: "Oslo",
      calls: [[0, "Ada", "Town", "Oslo"]],
    });
  });

  it("documents() of a file of LMLM, its examples in one list, hold the calls, whose words are the judge's mask", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "lab-lmlm-")), "eval.json");
    await writeFile(path, JSON.stringify({ examples: [{ annotated_text: legacy, original_dataset_ids: "7" }] }));
    for await (const { text, calls } of documents(path)) {
      const factual = calledSpans({ text, calls: calls! }).flatMap(({ start, end, kind }) => (kind === "factual" ? [text.slice(start, end)] : []));
      expect(factual).toEqual(["3", "May", "1911", "Kenyan", "botanist", "poet", "Tarn", "Prize"]);
    }
    await writeFile(path, '{"other":[]}');
    await expect(async () => {
      for await (const _ of documents(path)) expect.unreachable();
    }).rejects.toThrow('expected a list of records, or one as "examples"');
  });
});

describe("calledSpans()", () => {
  const called = (text: string, ...calls: readonly (readonly [start: number, value: string])[]): string[] =>
    calledSpans({ text, calls: calls.map(([start, value]) => [start, "s", "a", value]) }).flatMap(({ start, end, kind }) =>
      kind === "factual" ? [text.slice(start, end)] : [],
    );

  it("calledSpans() takes a value word for word, else its words as often as it has them, up to the next call", () => {
    expect(called("He ran from 12 to 17 August 2014, 12 times.", [12, "12 and 17 August 2014"])).toEqual(["12", "17", "August", "2014"]);
    expect(called("the Norwegian painter Carol Gluck and Carol", [0, "Carol Gluck"])).toEqual(["Carol", "Gluck"]);
    expect(called("Per met Siri in Oslo. Oslo is old.", [0, "Siri in Bergen"], [16, "Oslo"])).toEqual(["Siri", "in", "Oslo"]);
    expect(called("In 1970 and later", [0, "the end of time and more"], [3, "1971"])).toEqual([]);
    expect(called("Émile 😀 Zola", [0, "E\u0301mile Zola"])).toEqual(["Émile", "Zola"]);
    expect(called("A B", [0, ""])).toEqual([]);
    expect(called("", [0, "x"])).toEqual([]);
  });

  it("calledSpans() refuses a call outside the text", () => {
    expect(() => called("ab", [3, "x"])).toThrow("expected a call within the text's 2 characters, got 3");
  });
});
