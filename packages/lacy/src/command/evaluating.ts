import { key, type Tokenizer } from "@lab/tensor-core";
import { tokenizerJson } from "@lab/tensor-core/hugging-face";
import { progress } from "@lab/tensor-core/report";
import { defineCommand, type ArgsDef, type SubCommandsDef } from "citty";
import { callShares } from "../cascade/call-shares.ts";
import type { Emission } from "../cascade/generate.ts";
import { languageStreams } from "../cascade/language-streams.ts";
import { corpus } from "../corpus/corpus.ts";
import type { Document } from "../corpus/document.ts";
import type { Split } from "../corpus/documents.ts";
import { assessed, lossBins, type Assessed } from "../evaluation/acceptability.ts";
import { bootstrap, type Interval } from "../evaluation/bootstrap.ts";
import { clozeAccuracy, clozes, factLeakage, type Answered } from "../evaluation/fact-leakage.ts";
import { factScore } from "../evaluation/fact-score.ts";
import { proposals } from "../explanation/proposals.ts";
import { calibration, tableScore, type Told } from "../evaluation/table-score.ts";
import { compromiseTagger } from "../facts/compromise.ts";
import { endpointJudge } from "../judge/endpoint-judge.ts";
import type { Judge } from "../judge/judge.ts";
import type { TextSource } from "../serve/request.ts";
import { heldOutLosses } from "../training/held-out-losses.ts";
import { windows } from "../training/windows.ts";
import { CASCADE_FLAGS, cascadeOf, CALL_FLAGS } from "./cascade-of.ts";
import { DATA, JSON_FLAG, limited, numberOf, oneOf, printed } from "./flag.ts";
import { interruptible } from "./interruptible.ts";
import { CALL, modelFolder, pairsOf, type ModelFolder } from "./model-folder.ts";

const evaluateArgs = {
  ...DATA,
  ...CASCADE_FLAGS,
  ...CALL_FLAGS,
  split: { type: "string", valueHint: "split", description: "train, validation or test: those documents alone" },
  tokens: { type: "string", default: "48", description: "Tokens of each text" },
  clozeTokens: { type: "string", default: "8", description: "Tokens that complete the beginning of a fact; 0 asks for none" },
  against: { type: "string", valueHint: "folder", description: "A model of the same tokenizer, whose losses are measured on the same places" },
  judge: { type: "string", valueHint: "judge", description: "endpoint:MODEL@URL, who is asked for FActScore and acceptability" },
  proposals: { type: "string", default: "8", description: "Tokens of each document that the judge compares" },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** Nats: accuracy and acceptability are told between these. */
const EDGES = [0, 1, 2, 4, 8, Infinity];

async function written(
  source: TextSource,
  prompt: string,
  { maxTokens, signal, all = [] }: { readonly maxTokens: number; readonly signal: AbortSignal; readonly all?: Emission[] },
): Promise<string> {
  let text = "";
  for await (const piece of source(prompt, { maxTokens, seed: 0, temperature: 0, signal })) {
    signal.throwIfAborted();
    text += piece.text;
    all.push(piece);
  }
  return text;
}

/** A mean over subjects, of those that have the score. */
const over = (scores: readonly number[]): Interval => bootstrap(scores, key(0));

async function judgeOf(named: string | undefined, cache: string | undefined): Promise<Judge | undefined> {
  if (named === undefined) return undefined;
  const [, model, baseURL] = /^endpoint:(.+)@(https?:.+)$/u.exec(named) ?? [];
  if (model === undefined || baseURL === undefined) throw new Error(`Cannot read --judge: expected endpoint:MODEL@URL, got ${named}`);
  return endpointJudge({ model, baseURL, ...(cache !== undefined && { cache }) });
}

/** Losses on the places that the model would call first. */
async function losses(
  { model, params, tokenizer, end }: ModelFolder,
  list: readonly Document[],
  { other, fraction, quiet }: { readonly other: ModelFolder | undefined; readonly fraction: number; readonly quiet: boolean },
): Promise<Awaited<ReturnType<typeof heldOutLosses>> | undefined> {
  const context = Math.min(model.shape.context, other?.model.shape.context ?? Infinity);
  const documents = list.map(({ text }) => ({ ids: tokenizer.encode(text) }));
  // Fewer tokens than fill a row: there is nothing to measure.
  if (documents.reduce((sum, { ids }) => sum + 1 + ids.length, 0) <= context) return undefined;
  const data = windows(documents, { context, separator: end, call: tokenizer.specials[CALL]! });
  using bar = quiet ? undefined : progress("losses", data.size);
  return heldOutLosses(
    { model, params: params.value },
    {
      data,
      fraction,
      onRows: (rows) => bar?.update(rows, {}),
      ...(other !== undefined && { other: { model: other.model, params: other.params.value } }),
    },
  );
}

type Completed = { readonly alone: readonly Answered[]; readonly cascade: readonly Answered[] };

function completions(subjects: readonly Completed[]): object {
  const means = (which: keyof Completed, measure: (answered: readonly Answered[]) => number): Interval => over(subjects.map((each) => measure(each[which])));
  return {
    clozes: subjects.reduce((sum, { alone }) => sum + alone.length, 0),
    leakage: means("alone", factLeakage),
    clozeAccuracy: { alone: means("alone", clozeAccuracy), cascade: means("cascade", clozeAccuracy) },
  };
}

/** The measures of a cascade on documents. */
const evaluateCommand = defineCommand({
  meta: {
    name: "evaluate",
    description: "Measure a cascade on documents: factual precision, leakage, cloze accuracy, losses; with a judge FActScore and acceptability",
  },
  args: evaluateArgs,
  async run({ args }) {
    const maxTokens = numberOf("tokens", args.tokens, { least: 1, whole: true });
    const clozeTokens = numberOf("cloze-tokens", args.clozeTokens, { least: 0, whole: true });
    const count = numberOf("proposals", args.proposals, { least: 0, whole: true });
    const fraction = numberOf("budget", args.budget, { least: 0, most: 1 });
    const quiet = args.json === true;
    const part = args.split === undefined ? {} : { split: oneOf<Split>("split", args.split, ["train", "validation", "test"]) };
    const { documents } = await corpus({ data: args.data });
    const list: Document[] = [];
    for await (const each of documents({ ...limited(args), ...part })) list.push(each);
    if (list.length === 0) throw new Error("Cannot evaluate: there are no documents");
    const judge = await judgeOf(args.judge, args.cache);
    using cascade = await cascadeOf(args, 1);
    const { small } = cascade;
    const other = args.against === undefined ? undefined : await modelFolder(args.against);
    using _ = other?.params;
    if (other !== undefined && tokenizerJson(await pairsOf(args.against!)) !== tokenizerJson(await pairsOf(args.model)))
      throw new Error(`Cannot compare with ${args.against}: expected the tokenizer of ${args.model}`);
    const held = await losses(small, list, { other, fraction, quiet });
    const texts: { readonly told: Told; readonly completed: Completed; readonly judged?: { readonly initial: number; readonly penalised: number } }[] = [];
    const compared: Assessed[] = [];
    const told: Emission[] = [];
    await interruptible(
      async (signal) => {
        using bar = quiet ? undefined : progress("subjects", list.length);
        using streams = judge === undefined ? undefined : languageStreams(small.model, small.params.value, { start: small.end });
        for (const { title, text: source, facts, more } of list) {
          const known = { facts: [...facts, ...more].map(([attribute, value]) => [attribute, value] as const) };
          const text = title + (await written(cascade.source, title, { maxTokens, signal, all: told }));
          const completed: { alone: Answered[]; cascade: Answered[] } = { alone: [], cascade: [] };
          for (const { prompt, answers } of clozeTokens === 0 ? [] : clozes(title, known)) {
            const alone = await written(cascade.alone, prompt, { maxTokens: clozeTokens, signal });
            completed.alone.push({ generation: alone, answers });
            completed.cascade.push({
              generation: args.large === undefined ? alone : await written(cascade.source, prompt, { maxTokens: clozeTokens, signal }),
              answers,
            });
          }
          if (judge !== undefined) compared.push(...(await comparisons(streams!, source, { tokenizer: small.tokenizer, count, judge })));
          const judged = judge === undefined ? undefined : await factScore({ subject: title, text, source }, judge);
          texts.push({ told: { text, known }, completed, ...(judged !== undefined && { judged }) });
          bar?.update(texts.length, {});
        }
      },
      () => `subject ${texts.length} of ${list.length}; nothing is kept`,
    );
    const truth = list.map(({ text, facts, more }) => ({ text, known: { facts, more } }));
    const instrument = list.length < 2 ? undefined : calibration(truth, key(1));
    const { scores, penalised, recall, f1, claims, uncovered } = tableScore(
      texts.map(({ told }) => told),
      { gamma: instrument?.gamma ?? 1 },
    );
    const { callRate, pieceRate, characterRate } = callShares(told);
    printed(
      {
        subjects: list.length,
        factualPrecision: over([...scores]),
        penalised,
        recall,
        f1,
        claims,
        uncovered,
        ...(instrument !== undefined && { calibration: { truth: instrument.truth.score, chance: instrument.chance.score, gamma: instrument.gamma } }),
        // Of the texts about the subjects, not of what completes the beginnings of facts.
        callRate: Number.isNaN(callRate) ? 0 : callRate,
        pieceRate,
        characterRate,
        ...(clozeTokens > 0 && completions(texts.map(({ completed }) => completed))),
        ...(held !== undefined && { losses: held.own, ...(held.other !== undefined && { lossesAgainst: held.other }) }),
        ...(judge !== undefined && {
          factScore: { initial: over(texts.map(({ judged }) => judged!.initial)), penalised: over(texts.map(({ judged }) => judged!.penalised)) },
          acceptability: lossBins(compared, EDGES),
        }),
      },
      args.json,
    );
  },
});

async function comparisons(
  streams: ReturnType<typeof languageStreams>,
  text: string,
  { tokenizer, count, judge }: { readonly tokenizer: Tokenizer; readonly count: number; readonly judge: Judge },
): Promise<Assessed[]> {
  using stream = await streams.stream();
  const found = await proposals(stream, text, { tokenizer, tagger: compromiseTagger(), count });
  return Promise.all(found.map((each) => assessed(each, judge)));
}

export const evaluatingCommands: SubCommandsDef = { evaluate: evaluateCommand };
