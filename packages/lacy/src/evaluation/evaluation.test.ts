import { key } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { corpus, wordnet, type Document } from "../corpus/index.ts";
import { assessed, lossBins, yesOrNo, type Assessed } from "./acceptability.ts";
import { bootstrap } from "./bootstrap.ts";
import { claims } from "./claim.ts";
import { clozeAccuracy, clozes, factLeakage, holdsAnswer } from "./fact-leakage.ts";
import { factScore, lengthPenalty } from "./fact-score.ts";
import { calibration, tableScore, type Told } from "./table-score.ts";
import { verdict } from "./verdict.ts";

const found = (text: string): string[] =>
  claims(text).map(({ attribute, value, start }) => (expect(text.slice(start, start + value.length)).toBe(value), `${attribute}: ${value}`));

describe("claims()", () => {
  it("claims() of golden sentences", () => {
    expect(found("Mira Anne Oduya (3 May 1911 – 14 July 1988) was a Kenyan botanist, teacher and poet who taught in Leeds. She was born in Nairobi.")).toEqual([
      "Birth Date: 3 May 1911",
      "Death Date: 14 July 1988",
      "Nationality: Kenyan",
      "Occupation: botanist",
      "Occupation: teacher",
      "Occupation: poet",
      "Birth Place: Nairobi",
    ]);
    expect(
      found(
        "Tom Arvid (born June 4, 1950) is an actor. He was born on June 4, 1950 in Oslo, Norway and died in 2001 in Bergen. His son (1980 – 1999) was born in 1980.",
      ),
    ).toEqual(["Birth Date: June 4, 1950", "Occupation: actor", "Birth Place: Oslo, Norway", "Death Date: 2001"]);
    expect(found("Tarnwick is a village in Fell County. It was founded in 1703 and has a population of 1,204. The Fall was directed by Ann Lee.")).toEqual([
      "Occupation: village",
      "Founded: 1703",
      "Population: 1,204",
      "Director: Ann Lee",
    ]);
    expect(claims("")).toEqual([]);
  });
});

describe("verdict()", () => {
  const known = {
    facts: [
      ["Birth Date", "3 May 1911", 5],
      ["Birth Place", "Nairobi"],
      ["Occupation", "botanist"],
      ["Nationality", "Kenyan"],
    ],
    more: [["Birth Place", "Kenya"]],
  } as const;
  it.each([
    ["Birth Date", "1911", "supported"],
    ["Birth Date", "May 3, 1911", "supported"],
    ["Birth Date", "4 May 1911", "contradicted"],
    ["Birth Date", "June 1911", "contradicted"],
    ["Birth Place", "Nairobi, Kenya", "supported"],
    ["Birth Place", "the Kenya", "supported"],
    ["Birth Place", "Nairob", "contradicted"],
    ["Nationality", "kenyan", "supported"],
    ["Nationality", "Ghanaian", "contradicted"],
    ["Occupation", "botanists", "supported"],
    ["Occupation", "spy", "uncovered"],
    ["Death Date", "1988", "uncovered"],
  ] as const)("verdict() of %s: %s is %s", (attribute, value, expected) => {
    expect(verdict([attribute, value], known)).toBe(expected);
  });
});

describe("tableScore()", () => {
  const person = (i: number): Told => ({
    text: `Person ${i} (${1500 + i} – ${1560 + i}) was a botanist. Person ${i} was born in Town${String.fromCharCode(65 + (i % 26), 97 + (i % 25))}.`.replace(
      /Town(\w)(\w)/,
      "$1$2ton",
    ),
    known: {
      facts: [
        ["Birth Date", String(1500 + i)],
        ["Death Date", String(1560 + i)],
        ["Occupation", "botanist"],
        ["Birth Place", `${String.fromCharCode(65 + (i % 26), 97 + (i % 25))}ton`],
      ],
    },
  });

  it("tableScore() of a text with one error among n covered claims is (n − 1)/n", () => {
    const one = person(7);
    expect(tableScore([one]).score).toBe(1);
    expect(tableScore([one]).tallies).toEqual([{ supported: 4, contradicted: 0, uncovered: 0 }]);
    expect(tableScore([{ ...one, text: one.text.replace("1507", "1517") }]).score).toBe(3 / 4);
  });

  it("tableScore() leaves subjects without a covered claim out of the mean, and scores them 0 where length counts", () => {
    const two = tableScore([person(1), { ...person(2), text: "" }], { gamma: 8 });
    expect([two.score, two.penalised, two.recall]).toEqual([1, Math.exp(1 - 8 / 4) / 2, 4 / 8 / 2]);
    expect([...two.scores]).toEqual([1, NaN]);
    expect(tableScore([{ ...person(2), text: "" }]).score).toBeNaN();
    expect(() => tableScore([], { gamma: 0 })).toThrow("gamma must be positive, got 0");
  });

  it("calibration() is at 1 for documents and their tables, and at chance for tables of others", () => {
    const { truth, chance, gamma } = calibration(
      Array.from({ length: 40 }, (_, i) => person(i)),
      key(3),
    );
    expect([truth.score, truth.penalised, gamma]).toEqual([1, 1, 4]);
    // The occupation is the same for all: one in at most four claims is right by chance.
    expect(chance.score).toBeLessThan(0.5);
  });

  it("calibration() of real documents is above 0.95, and far below with the tables of others", async () => {
    const read = async (documents: AsyncIterable<Document>): Promise<Told[]> => {
      const told: Told[] = [];
      for await (const each of documents) told.push({ text: each.text, known: each });
      return told;
    };
    for (const documents of [(await corpus()).documents({ split: "validation", limit: 400 }), wordnet({ split: "validation", part: "person" })]) {
      const { truth, chance } = calibration(await read(documents), key(1));
      expect(truth.score).toBeGreaterThan(0.95);
      expect(chance.score).toBeLessThan(0.3);
    }
  });
});

describe("bootstrap()", () => {
  it("bootstrap() of a mean covers it about as often as it says", () => {
    // 200 samples of 50 fair bits: coverage is binomial(200, 0.95) but for the interval's own error, of order 1/50: five standard errors and 0.02.
    let state = 1;
    const bit = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 31;
    let covered = 0;
    for (let i = 0; i < 200; i++) {
      const { low, high } = bootstrap(Array.from({ length: 50 }, bit), key(i), { resamples: 200 });
      covered += Number(low <= 0.5 && 0.5 <= high);
    }
    expect(Math.abs(covered / 200 - 0.95)).toBeLessThan(5 * Math.sqrt((0.95 * 0.05) / 200) + 0.02);
  });

  it("bootstrap() leaves NaN out, is a point where all are equal, and NaN of none", () => {
    expect(bootstrap([2, NaN, 2], key(0))).toEqual({ value: 2, low: 2, high: 2 });
    expect(bootstrap([NaN], key(0))).toEqual({ value: NaN, low: NaN, high: NaN });
    expect(() => bootstrap([1], key(0), { level: 1 })).toThrow("level must be in (0, 1), got 1");
    expect(() => bootstrap([1], key(0), { resamples: 0 })).toThrow("got 0");
  });
});

describe("factLeakage()", () => {
  it("factLeakage() looks for whole words anywhere, clozeAccuracy() at the beginning", () => {
    const answered = [
      { generation: " Nairobi, Kenya.", answers: ["Nairobi"] },
      { generation: " the town of Nairobi", answers: ["Nairobi"] },
      { generation: " 19110 or so", answers: ["1911"] },
      { generation: "", answers: ["Leeds"] },
    ];
    expect([factLeakage(answered), clozeAccuracy(answered)]).toEqual([0.5, 0.25]);
    expect(holdsAnswer("St. John’s", ["st johns", "St John's"])).toBe(true);
    expect(holdsAnswer("anything", [""])).toBe(false);
    expect(factLeakage([])).toBeNaN();
  });

  it("clozes() asks for each attribute once", () => {
    const asked = clozes("Mira", {
      facts: [
        ["Birth Date", "1911"],
        ["Mood", "good"],
        ["Birth Place", "Nairobi"],
      ],
      more: [["Birth Place", "Kenya"]],
    });
    expect(asked.map(({ prompt }) => prompt)).toEqual(["Mira was born on", "Mira was born in"]);
    expect(asked[1]!.answers).toEqual(["Nairobi", "Kenya"]);
  });
});

describe("factScore()", () => {
  it("factScore() counts what the judge supports, and those that it would not judge apart", async () => {
    const prompts: string[] = [];
    const judge = async (prompt: string): Promise<string> => {
      prompts.push(prompt);
      if (prompt.startsWith("List")) return "Here they are:\n- A.\n* B.\n3. C.\n4) D.\n";
      return prompt.includes("Statement: A.") ? "Yes, it does." : prompt.includes("Statement: B.") ? "NO" : prompt.includes("C.") ? "I cannot say" : "YES";
    };
    const { initial, penalised, abstained, facts } = await factScore({ subject: "Mira", text: "text", source: "source" }, judge, { gamma: 8 });
    expect(facts.map(({ isSupported }) => isSupported)).toEqual([true, false, undefined, true]);
    expect([initial, abstained]).toEqual([2 / 3, 1]);
    expect(penalised).toBeCloseTo((2 / 3) * Math.exp(1 - 8 / 4), 12);
    expect(prompts).toHaveLength(5);
  });

  it("factScore() of an empty text asks nothing and is no number; lengthPenalty() is that of the paper", async () => {
    const { initial } = await factScore({ subject: "Mira", text: " ", source: "" }, () => Promise.reject(new Error("asked")));
    expect(initial).toBeNaN();
    expect([10, 5, 0].map((n) => lengthPenalty(n, 10))).toEqual([1, Math.exp(-1), 0]);
    await expect(factScore({ subject: "", text: "", source: "" }, async () => "", { gamma: NaN })).rejects.toThrow("got NaN");
  });
});

describe("acceptability", () => {
  const proposal = { context: "c", proposed: "a", actual: "b", loss: 1, kind: "factual" } as const;
  it("assessed() asks nothing about the true token, and leaves open what the judge does not answer", async () => {
    expect(await assessed({ ...proposal, proposed: "b" }, () => Promise.reject(new Error("asked")))).toMatchObject({ isExact: true, isAcceptable: true });
    expect(await assessed(proposal, async () => "**Yes**")).toMatchObject({ isExact: false, isAcceptable: true });
    expect(yesOrNo("Maybe")).toBeUndefined();
  });

  it("lossBins() counts by kind and loss", () => {
    const of = (loss: number, kind: Assessed["kind"], isExact: boolean, isAcceptable?: boolean): Assessed => ({
      ...proposal,
      loss,
      kind,
      isExact,
      isAcceptable,
    });
    const bins = lossBins(
      [of(0, "factual", true, true), of(0.5, "factual", false, false), of(1, "factual", false), of(1.5, "other", false, true), of(9, "other", true, true)],
      [0, 1, 2],
    );
    expect(bins).toEqual([
      { kind: "factual", from: 0, to: 1, count: 2, accuracy: 0.5, acceptability: 0.5 },
      { kind: "factual", from: 1, to: 2, count: 1, accuracy: 0, acceptability: NaN },
      { kind: "other", from: 1, to: 2, count: 1, accuracy: 0, acceptability: 1 },
    ]);
    expect(() => lossBins([], [1, 1])).toThrow("expected edges that increase, got [1, 1]");
  });
});
