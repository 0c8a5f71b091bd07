import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { cast } from "@tensorflow/tfjs-core";
import { adamw, bytePairTokenizer, decoder, engine, key, learnedBytePairs, warmupCosineSchedule } from "@lab/tensor-core";
import { tokenizerJson } from "@lab/tensor-core/hugging-face";
import { batches } from "@lab/tensor-core/data";
import { progress, runLog } from "@lab/tensor-core/report";
import { defineCommand, type ArgsDef, type SubCommandsDef } from "citty";
import writeFileAtomic from "write-file-atomic";
import { corpus } from "../corpus/corpus.ts";
import type { Document } from "../corpus/document.ts";
import { alignment } from "../facts/alignment.ts";
import { annotationFile } from "../facts/annotation-file.ts";
import { annotatedSpans, type TaggerName } from "../facts/annotation.ts";
import { annotations } from "../facts/annotations.ts";
import type { Mask } from "../selection/selector.ts";
import { lacy } from "../selection/lacy.ts";
import { pretrain } from "../training/pretrain.ts";
import { pretrained } from "../training/pretrained.ts";
import { windows, type TokenDocument, type WindowBatch } from "../training/windows.ts";
import { DATA, JSON_FLAG, limited, numberOf, printed } from "./flag.ts";
import { CALL, END, pairsOf, writeModel } from "./model-folder.ts";

const annotateArgs = {
  ...DATA,
  out: { type: "string", required: true, valueHint: "file", description: "JSON Lines of facts; a file that is there is gone on with" },
  tagger: { type: "string", default: "compromise", description: "compromise, wink or capitals" },
  threads: { type: "string", default: "2", description: "Worker threads; 0 for none" },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** Facts of a corpus. */
const annotateCommand = defineCommand({
  meta: { name: "annotate", description: "Mark the facts in documents" },
  args: annotateArgs,
  async run({ args }) {
    const { documents } = await corpus({ data: args.data });
    const start = performance.now();
    const onWords = ({ documents, total, now }: { documents: number; total: number; now: number }): void => {
      const rate = Math.round((1000 * now) / (performance.now() - start));
      if (args.json !== true) console.error(`${documents} documents, ${total} words, ${rate} words/s`);
    };
    const threads = numberOf("threads", args.threads, { least: 0, whole: true });
    printed(await annotationFile(args.out, documents(limited(args)), { tagger: args.tagger as TaggerName, threads, onWords }), args.json);
  },
});

const tokenizerArgs = {
  ...DATA,
  out: { type: "string", required: true, valueHint: "file", description: "tokenizer.json" },
  vocabulary: { type: "string", default: "4096", description: `Tokens, ${END} and ${CALL} included` },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** A tokenizer of a corpus. */
const tokenizerCommand = defineCommand({
  meta: { name: "tokenizer", description: "Learn a byte-pair tokenizer from documents" },
  args: tokenizerArgs,
  async run({ args }) {
    const { documents } = await corpus({ data: args.data });
    const texts = async function* (): AsyncGenerator<string> {
      for await (const { text } of documents(limited(args))) yield text;
    };
    const pairs = await learnedBytePairs(texts(), { vocabulary: numberOf("vocabulary", args.vocabulary, { least: 258, whole: true }), specials: [END, CALL] });
    await writeFileAtomic(args.out, tokenizerJson(pairs));
    printed({ out: args.out, vocabulary: bytePairTokenizer(pairs).vocabulary, merges: pairs.merges.length }, args.json);
  },
});

const trainArgs = {
  ...DATA,
  tokenizer: { type: "string", required: true, valueHint: "file", description: "tokenizer.json of `lacy tokenizer`" },
  out: { type: "string", required: true, valueHint: "folder", description: "Where the model goes; its checkpoint is gone on with" },
  log: { type: "string", valueHint: "folder", description: "Where log.jsonl and events for TensorBoard go: log in --out unless told" },
  steps: { type: "string", default: "1000", description: "Forward steps" },
  fraction: { type: "string", default: "0.15", description: "Tokens of each batch that are delegated; 0 for a model without calls" },
  tagger: { type: "string", default: "compromise", description: "compromise, wink or capitals" },
  threads: { type: "string", default: "2", description: "Worker threads that mark the facts; 0 for none" },
  layers: { type: "string", default: "4", description: "Layers of the decoder" },
  channels: { type: "string", default: "128", description: "Its width" },
  heads: { type: "string", default: "4", description: "Its heads" },
  context: { type: "string", default: "128", description: "Tokens a row" },
  batch: { type: "string", default: "16", description: "Rows a step" },
  rate: { type: "string", default: "0.002", description: "The highest learning rate" },
  seed: { type: "string", default: "0", description: "Seed of the weights and the order" },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** LaCy's pre-training. */
const trainCommand = defineCommand({
  meta: { name: "train", description: "Pre-train a small model that delegates its hardest facts" },
  args: trainArgs,
  async run({ args }) {
    const size = (flag: "steps" | "layers" | "channels" | "heads" | "context" | "batch"): number => numberOf(flag, args[flag], { least: 1, whole: true });
    const [steps, context, rows, seed] = [size("steps"), size("context"), size("batch"), numberOf("seed", args.seed, { whole: true })];
    await engine();
    const pairs = await pairsOf(args.tokenizer);
    const tokenizer = bytePairTokenizer(pairs);
    const [end, call] = [tokenizer.specials[END], tokenizer.specials[CALL]];
    if (end === undefined || call !== tokenizer.vocabulary - 1)
      throw new Error(`Cannot train with ${args.tokenizer}: expected ${END}, and ${CALL} as the last token`);
    const tagger = args.tagger as TaggerName;
    const threads = numberOf("threads", args.threads, { least: 0, whole: true });
    const { documents } = await corpus({ data: args.data });
    const [list, texts, hash]: [TokenDocument<"factual">[], string[], Hash] = [[], [], createHash("sha256")];
    const read = async function* (): AsyncGenerator<Document> {
      for await (const each of documents({ split: "train", ...limited(args) })) {
        texts.push(each.text);
        // The length keeps texts apart: two documents are not one.
        hash.update(`${each.text.length}:${each.text}`);
        yield each;
      }
    };
    for await (const found of annotations(read(), { tagger, threads })) {
      // Annotations come in the order of the texts.
      const text = texts[list.length]!;
      texts[list.length] = "";
      const pieces = tokenizer.pieces(text);
      const kinds = alignment(text, pieces, { spans: annotatedSpans(found) });
      list.push({ ids: pieces.map(({ token }) => token), flags: { factual: kinds.map((kind) => (kind === 1 ? 1 : 0)) } });
    }
    if (list.length === 0) throw new Error("Cannot train: there are no documents to train on");
    const data = windows(list, { context, separator: end, call, flags: ["factual"] });
    const shape = { vocabulary: tokenizer.vocabulary, context, layers: size("layers"), channels: size("channels"), heads: size("heads") };
    const model = decoder(shape);
    const fraction = numberOf("fraction", args.fraction, { least: 0 });
    const rate = numberOf("rate", args.rate, { least: 0 });
    const algorithm = pretrain(model, {
      calls: lacy({ fraction }),
      evidence: ({ factual }: WindowBatch<"factual">) => ({ factual: cast(factual, "bool") as Mask }),
      transform: adamw(steps < 2 ? rate : warmupCosineSchedule({ peak: rate, steps, warmup: Math.max(1, Math.floor(steps / 50)) })),
    });
    using bar = progress("training", steps);
    const learned = createHash("sha256").update(tokenizerJson(pairs)).digest("hex");
    const config = { ...shape, fraction, rate, rows, tagger, documents: hash.digest("hex"), tokenizer: learned };
    const checkpoint = { path: join(args.out, "checkpoint"), config, resume: true, every: 200 };
    using log = runLog(args.log ?? join(args.out, "log"));
    using result = await pretrained(algorithm, model.init(key(seed)), {
      key: key(seed + 1),
      data: batches(data, { key: key(seed + 2), size: rows, dropLast: true }),
      steps,
      progress: bar,
      log,
      checkpoint,
    });
    const { params } = result.state.value;
    await writeModel(args.out, { model, params, pairs });
    printed({ out: args.out, steps, documents: list.length, fraction }, args.json);
  },
});

export const trainingCommands: SubCommandsDef = {
  annotate: annotateCommand,
  tokenizer: tokenizerCommand,
  train: trainCommand,
};
