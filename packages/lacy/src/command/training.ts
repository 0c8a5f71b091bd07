import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cast, zeros, type Tensor2D } from "@tensorflow/tfjs-core";
import { adamw, bytePairTokenizer, decoder, engine, key, uniform, warmupCosineSchedule, type Key, type Tokenizer } from "@lab/tensor-core";
import { tokenizerJson } from "@lab/tensor-core/hugging-face";
import { batches } from "@lab/tensor-core/data";
import { progress, runLog } from "@lab/tensor-core/report";
import { defineCommand, type ArgsDef, type SubCommandsDef } from "citty";
import { corpus } from "../corpus/corpus.ts";
import type { Document } from "../corpus/document.ts";
import type { FactMask } from "../evidence/fact-mask.ts";
import type { JudgeMask } from "../evidence/judge-mask.ts";
import type { Noise } from "../evidence/noise.ts";
import type { ReferenceLoss } from "../evidence/reference-loss.ts";
import { tokenLoss, type TokenLoss } from "../evidence/token-loss.ts";
import { alignment, type AlignmentOptions } from "../facts/alignment.ts";
import { annotatedSpans, type TaggerSettings } from "../facts/annotation.ts";
import { annotations } from "../facts/annotations.ts";
import { calledSpans } from "../facts/called-spans.ts";
import type { FactSpan } from "../facts/fact-span.ts";
import { factsOnly } from "../selection/facts-only.ts";
import { lacy } from "../selection/lacy.ts";
import { random } from "../selection/random.ts";
import { referenceFacts } from "../selection/reference-facts.ts";
import { rho } from "../selection/rho.ts";
import { judged, none, type Mask, type TokenSelector } from "../selection/selector.ts";
import { pretrain } from "../training/pretrain.ts";
import { pretrained } from "../training/pretrained.ts";
import { windows, type TokenDocument, type WindowBatch } from "../training/windows.ts";
import { DATA, JSON_FLAG, limited, numberOf, oneOf, printed, TAGGERS } from "./flag.ts";
import { CALL, END, modelFolder, pairsOf, writeModel, type ModelFolder } from "./model-folder.ts";
import { possibleFolder, writableFolder } from "./output.ts";

type Known = FactMask & JudgeMask & Noise & ReferenceLoss;
type Rule = {
  readonly calls: (fraction: number) => TokenSelector<TokenLoss & Known>;
  /** What is marked in the documents for it. */
  readonly marks?: "factual" | "judged";
  /** Whether it asks for the losses of a model trained before. */
  readonly refers?: true;
};

/** Which tokens are delegated. */
const RULES: { readonly [name: string]: Rule } = {
  lacy: { calls: (fraction) => lacy({ fraction }), marks: "factual" },
  facts: { calls: (fraction) => factsOnly({ fraction }), marks: "factual" },
  random: { calls: (fraction) => random({ fraction }) },
  rho: { calls: (fraction) => rho({ fraction }), refers: true },
  reference: { calls: (fraction) => referenceFacts({ fraction }), marks: "factual", refers: true },
  judge: { calls: () => judged, marks: "judged" },
  none: { calls: () => none },
};

const trainArgs = {
  ...DATA,
  tokenizer: { type: "string", required: true, valueHint: "file", description: "tokenizer.json of `lacy tokenizer`" },
  out: { type: "string", required: true, valueHint: "folder", description: "Where the model goes; its checkpoint is gone on with" },
  log: { type: "string", valueHint: "folder", description: "Where log.jsonl and events for TensorBoard go, as it trains: log in --out unless told" },
  logEvery: { type: "string", default: "10", valueHint: "steps", description: "Steps from one line of the log to the next" },
  steps: { type: "string", default: "1000", description: "Forward steps" },
  rule: {
    type: "string",
    default: "lacy",
    description:
      "What is delegated: lacy (the hardest facts), facts (any), random (any tokens), rho (what the reference finds hard and this model does not), reference (the facts hardest for it), judge (where the documents' calls are), none",
  },
  reference: { type: "string", valueHint: "folder", description: "A model of the same tokenizer, whose losses the rules rho and reference ask for" },
  fraction: { type: "string", default: "0.15", description: "Tokens of each batch that are delegated; the rule judge has a rate of its own" },
  selectionWarmup: { type: "string", default: "0", valueHint: "steps", description: "Steps at the beginning in which nothing is delegated" },
  accumulate: { type: "string", default: "1", valueHint: "parts", description: "Parts that a batch is cut into: less memory, more time" },
  scope: { type: "string", default: "forward", description: "Where a batch is cut, tokens are chosen within each part (forward) or among all (global)" },
  rankBy: {
    type: "string",
    default: "q",
    description: "The loss that makes a token hard: without <CALL> (q), or over all tokens (p), where what is called already looks harder",
  },
  tagger: { type: "string", default: "compromise", description: "compromise, wink or capitals" },
  mention: {
    type: "string",
    default: "word",
    description: "What may be a fact only once in a document: a word, a span (the words of a name together), or nothing (all)",
  },
  title: { type: "string", default: "include", description: "Whether the name that a document begins with is a fact: include, exempt" },
  pieces: { type: "string", default: "all", description: "Which tokens of a factual word are facts: all, first" },
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

/** Pre-training with delegation. */
const trainCommand = defineCommand({
  meta: { name: "train", description: "Pre-train a small model that delegates its hardest facts, or what another rule says" },
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
    const tagger = oneOf("tagger", args.tagger, TAGGERS);
    const options = { mention: oneOf("mention", args.mention, ["word", "span", "all"]), title: oneOf("title", args.title, ["include", "exempt"]) };
    const pieces = oneOf("pieces", args.pieces, ["all", "first"]);
    const threads = numberOf("threads", args.threads, { least: 0, whole: true });
    const { documents } = await corpus({ data: args.data });
    const rule = RULES[oneOf("rule", args.rule, Object.keys(RULES))]!;
    if ((args.reference !== undefined) !== (rule.refers === true))
      throw new Error(`Cannot train with --rule ${args.rule}: it ${rule.refers ? "asks for a --reference" : "has no use for a --reference"}`);
    using reference = args.reference === undefined ? undefined : await referenceOf(args.reference, { pairs, context });
    const fraction = numberOf("fraction", args.fraction, { least: 0, most: 1 });
    const accumulate = numberOf("accumulate", args.accumulate, { least: 1, whole: true });
    const selectionWarmup = numberOf("selection-warmup", args.selectionWarmup, { least: 0, whole: true });
    const logEvery = numberOf("log-every", args.logEvery, { least: 1, whole: true });
    const scope = oneOf("scope", args.scope, ["forward", "global"]);
    const rankBy = oneOf("rank-by", args.rankBy, ["q", "p"]);
    if (rows % accumulate !== 0)
      throw new RangeError(`Cannot cut batches of ${rows} rows into ${accumulate} parts: expected --batch to be a multiple of --accumulate`);
    const shape = { vocabulary: tokenizer.vocabulary, context, layers: size("layers"), channels: size("channels"), heads: size("heads") };
    const model = decoder(shape);
    const rate = numberOf("rate", args.rate, { least: 0 });
    const most = limited(args);
    const logFolder = args.log ?? join(args.out, "log");
    for (const folder of [args.out, logFolder]) await possibleFolder(folder);
    const hash = createHash("sha256");
    const read = async function* (): AsyncGenerator<Document> {
      for await (const each of documents({ split: "train", ...most })) {
        // The length keeps texts apart: two documents are not one.
        hash.update(`${each.text.length}:${each.text}`);
        if (rule.marks === "judged") hash.update(JSON.stringify(each.calls ?? []));
        yield each;
      }
    };
    const list: TokenDocument<"factual" | "judged">[] = [];
    for await (const each of marked(read(), { marks: rule.marks, tagger, options, pieces, threads, tokenizer })) list.push(each);
    if (list.length === 0) throw new Error("Cannot train: there are no documents to train on");
    if (rule.marks === "judged" && list.every(({ flags }) => flags === undefined))
      throw new Error("Cannot train with --rule judge: no document has calls; see the README for documents that have");
    const data = windows(list, { context, separator: end, call, flags: ["factual", "judged"] });
    const algorithm = pretrain(model, {
      calls: rule.calls(fraction),
      evidence: (batch: WindowBatch<"factual" | "judged">, now: Key): Known => ({
        factual: cast(batch.factual, "bool") as Mask,
        judged: cast(batch.judged, "bool") as Mask,
        noise: uniform(now, batch.tokens.shape) as Tensor2D,
        referenceLoss: reference?.loss(batch) ?? zeros(batch.tokens.shape),
      }),
      accumulate,
      scope,
      selectionWarmup,
      rankBy,
      transform: adamw(steps < 2 ? rate : warmupCosineSchedule({ peak: rate, steps, warmup: Math.max(1, Math.floor(steps / 50)) })),
    });
    const learned = createHash("sha256").update(tokenizerJson(pairs)).digest("hex");
    const config = {
      ...shape,
      rule: args.rule,
      fraction,
      rate,
      rows,
      tagger,
      ...options,
      pieces,
      accumulate,
      scope,
      selectionWarmup,
      rankBy,
      ...(reference !== undefined && { reference: reference.weights }),
      documents: hash.digest("hex"),
      tokenizer: learned,
    };
    const checkpoint = { path: join(args.out, "checkpoint"), config, resume: true, every: 200 };
    if (rows > data.size)
      throw new RangeError(`Cannot read --batch: expected at most ${data.size}, the rows of ${context} tokens that the documents fill, got ${rows}`);
    const order = batches(data, { key: key(seed + 2), size: rows, dropLast: true });
    for (const folder of [args.out, logFolder]) await writableFolder(folder);
    using log = runLog(logFolder);
    using result = await pretrained(algorithm, model.init(key(seed)), {
      key: key(seed + 1),
      data: order,
      steps,
      progress: (start) => progress("training", steps, { start }),
      log,
      logEvery,
      checkpoint,
    });
    const { params } = result.state.value;
    await writeModel(args.out, { model, params, pairs });
    const rates = [...result.trace.callRate.data].map(Number);
    const callRate = rates.reduce((sum, each) => sum + each, 0) / rates.length;
    const trueTargets = Number([...result.trace.trueTargets.data].at(-1));
    printed({ out: args.out, steps: result.steps, documents: list.length, rule: args.rule, fraction, callRate, trueTargets }, args.json);
  },
});

type Reference = Disposable & {
  /** −ln q of each target, by a model that learns no more. */
  readonly loss: (batch: WindowBatch<never>) => Tensor2D;
  /** The SHA-256 of its file of weights. */
  readonly weights: string;
};

/**
 * The model of a folder, as the judge of what is hard.
 *
 * @throws Error unless it has this tokenizer and takes rows of this many tokens
 */
async function referenceOf(path: string, { pairs, context }: { readonly pairs: ModelFolder["pairs"]; readonly context: number }): Promise<Reference> {
  const { model, params, pairs: its } = await modelFolder(path);
  if (tokenizerJson(its) !== tokenizerJson(pairs)) throw new Error(`Cannot train with the reference ${path}: it has another tokenizer`);
  if (model.shape.context < context)
    throw new Error(`Cannot train with the reference ${path}: it takes ${model.shape.context} tokens a row, fewer than --context ${context}`);
  const weights = createHash("sha256")
    .update(await readFile(join(path, "model.safetensors")))
    .digest("hex");
  const loss: Reference["loss"] = ({ tokens, targets, segments }) => tokenLoss(model.apply(params.value, tokens, { segments }), targets);
  return { loss, weights, [Symbol.dispose]: () => params[Symbol.dispose]() };
}

type Marking = TaggerSettings & Required<AlignmentOptions> & { readonly marks: Rule["marks"]; readonly threads: number; readonly tokenizer: Tokenizer };

/** The tokens of documents, with the marks that a rule asks for. */
async function* marked(
  texts: AsyncIterable<Document>,
  { marks, tagger, options = {}, pieces: which, threads, tokenizer }: Marking,
): AsyncGenerator<TokenDocument<"factual" | "judged">> {
  const flagged = (text: string, spans: readonly FactSpan[]): { readonly ids: number[]; readonly flags: Uint8Array } => {
    const pieces = tokenizer.pieces(text);
    return { ids: pieces.map(({ token }) => token), flags: alignment(text, pieces, { spans, pieces: which }).map((kind) => (kind === 1 ? 1 : 0)) };
  };
  if (marks !== "factual") {
    for await (const { text, calls } of texts) {
      const { ids, flags } = flagged(text, calls === undefined || marks === undefined ? [] : calledSpans({ text, calls }));
      yield { ids, ...(calls !== undefined && marks !== undefined && { flags: { factual: new Uint8Array(ids.length), judged: flags } }) };
    }
    return;
  }
  const waiting: string[] = [];
  const read = async function* (): AsyncGenerator<Document> {
    for await (const each of texts) {
      waiting.push(each.text);
      yield each;
    }
  };
  // Annotations come in the order of the texts.
  for await (const found of annotations(read(), { tagger, options, threads })) {
    const { ids, flags } = flagged(waiting.shift()!, annotatedSpans(found));
    yield { ids, flags: { factual: flags, judged: new Uint8Array(ids.length) } };
  }
}

export const trainingCommands: SubCommandsDef = { train: trainCommand };
