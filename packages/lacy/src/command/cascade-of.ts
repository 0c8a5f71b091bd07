import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { key } from "@lab/tensor-core";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { systemReason } from "@lab/tensor-core/report";
import type { AnswerUnit } from "../cascade/answer-unit.ts";
import { runningQuantile } from "../cascade/call-budget.ts";
import { callLogit, callLogProbability, logOdds, margin, type CallScore } from "../cascade/call-score.ts";
import { localContinuation, type Continuation } from "../cascade/continuation.ts";
import { endpointContinuation } from "../cascade/endpoint.ts";
import { callControl, type CallControl } from "../cascade/call-control.ts";
import { generate } from "../cascade/generate.ts";
import { languageStreams } from "../cascade/language-streams.ts";
import type { TextSource } from "../serve/request.ts";
import { numberOf, oneOf, type TextFlag } from "./flag.ts";
import { CALL, modelFolder, type ModelFolder } from "./model-folder.ts";
import { writable } from "./output.ts";

export const CASCADE_FLAGS: {
  readonly model: TextFlag & { readonly required: true };
  readonly large: TextFlag;
  readonly cache: TextFlag;
  readonly budget: TextFlag & { readonly default: string; readonly alias: string };
} = {
  model: { type: "string", required: true, valueHint: "folder", description: "The small model, as `lacy train` writes it" },
  large: { type: "string", valueHint: "model", description: "Who answers calls: a folder, or endpoint:MODEL@URL" },
  cache: { type: "string", valueHint: "folder", description: "Where answers of an endpoint are kept" },
  budget: { type: "string", default: "0.22", alias: "rate", description: "Calls among decisions, 0 to 1" },
};

/** How calls are ranked, counted and answered, and what is remembered of them from one process to the next. */
export const CALL_FLAGS: {
  readonly score: TextFlag & { readonly default: string };
  readonly budgetUnit: TextFlag & { readonly default: string };
  readonly answer: TextFlag & { readonly default: string };
  readonly history: TextFlag;
  readonly timeout: TextFlag & { readonly default: string };
} = {
  score: { type: "string", default: "margin", description: "What calls are ranked by: logit, log-probability, log-odds or margin" },
  budgetUnit: { type: "string", default: "decisions", description: "What --budget is a share of: decisions, or the text's pieces in the small model's tokens" },
  answer: { type: "string", default: "token", description: "What a call brings: a token of the bigger model, a word, or a span (a name, a date)" },
  history: {
    type: "string",
    valueHint: "file",
    description: "Call scores that the budget begins with, kept for the next time as it goes; it is made where it is not there",
  },
  timeout: { type: "string", default: "30", valueHint: "seconds", description: "How long an endpoint may be silent; it is asked three times" },
};

const SCORES: { readonly [name: string]: CallScore } = { logit: callLogit, "log-probability": callLogProbability, "log-odds": logOdds, margin };
/** As many scores as `runningQuantile` remembers. */
const MEMORY = 4096;

export type CascadeFlags = {
  readonly model: string;
  readonly large?: string | undefined;
  readonly cache?: string | undefined;
  readonly budget: string;
  readonly score?: string;
  readonly budgetUnit?: string;
  readonly answer?: string;
  readonly history?: string | undefined;
  readonly timeout?: string;
};

/** A cascade from its flags: a source of text, and what it owns. */
export async function cascadeOf(
  { model: path, large: named, cache, budget, score = "margin", budgetUnit = "decisions", answer = "token", history, timeout = "30" }: CascadeFlags,
  streams: number,
): Promise<
  {
    readonly small: ModelFolder;
    readonly source: TextSource;
    /** The small model with calls off. */ readonly alone: TextSource;
    readonly control: CallControl;
  } & Disposable
> {
  const callScore = SCORES[oneOf("score", score, Object.keys(SCORES))]!;
  const counted = { unit: oneOf("budget-unit", budgetUnit, ["decisions", "pieces"]) };
  const unit = oneOf("answer", answer, ["token", "word", "span"]);
  const rate = numberOf("budget", budget, { least: 0, most: 1 });
  const patience = numberOf("timeout", timeout, { least: 0.001 });
  const owned = disposables();
  try {
    const small = await modelFolder(path);
    owned.use(small.params);
    const known = history === undefined ? undefined : owned.use(await scoreHistory(history, { score, weights: join(path, "model.safetensors") }));
    const budgeted = callControl(runningQuantile({ rate, history: known?.scores ?? [], memory: MEMORY }), counted);
    const control = known === undefined ? budgeted : remembering(budgeted, known);
    if (small.tokenizer.specials[CALL] !== small.model.shape.vocabulary - 1) throw new Error(`Cannot use ${path}: expected ${CALL} as the last token`);
    const own = owned.use(languageStreams(small.model, small.params.value, { start: small.end, streams }));
    const large = await largeOf(named, cache, { owned, streams, answer: unit, timeout: 1000 * patience });
    const sourceOf = (answering: Continuation | undefined): TextSource =>
      async function* (prompt, { seed, ...options }) {
        using stream = await own.stream({ signal: options.signal });
        yield* generate(stream, prompt, {
          tokenizer: small.tokenizer,
          end: small.end,
          control,
          callScore,
          key: key(seed),
          ...(answering !== undefined && { large: answering }),
          ...options,
        });
      };
    return { small, source: sourceOf(large), alone: sourceOf(undefined), control, [Symbol.dispose]: () => owned[Symbol.dispose]() };
  } catch (error) {
    owned[Symbol.dispose]();
    throw error;
  }
}

/** Scores after which they are written: a process that is killed loses fewer. */
const EACH = 64;

/** What is remembered of call scores, the latest last. */
interface ScoreHistory extends Disposable {
  readonly scores: readonly number[];
  add(score: number): void;
}

const kept = z.object({ score: z.string(), model: z.string(), scores: z.array(z.number()) });

/** The scores of a file, oldest first, written back as they come, `EACH` at a time, and when it is disposed of. Scores of another model or another kind are on another scale: they are refused. */
async function scoreHistory(path: string, { score, weights }: { readonly score: string; readonly weights: string }): Promise<ScoreHistory> {
  const model = createHash("sha256")
    .update(await readFile(weights))
    .digest("hex");
  await writable(path);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new Error(`Cannot read ${path}: ${systemReason(error)}`, { cause: error });
  });
  const scores: number[] = [];
  if (text !== undefined) {
    const read = kept.safeParse(parsed(text));
    if (!read.success) throw new Error(`Cannot read ${path}: expected a history of call scores; remove the file to begin anew`);
    if (read.data.score !== score)
      throw new Error(`Cannot go on with ${path}: it holds scores of --score ${read.data.score}, not ${score}; name another --history`);
    if (read.data.model !== model) throw new Error(`Cannot go on with ${path}: it holds scores of another model; name another --history`);
    scores.push(...read.data.scores);
  }
  let unwritten = 0;
  const write = (): void => {
    writeFileAtomic.sync(path, `${JSON.stringify({ score, model, scores: scores.slice(-MEMORY) })}\n`);
    unwritten = 0;
  };
  return {
    scores,
    add(value) {
      scores.push(value);
      if (scores.length > 2 * MEMORY) scores.splice(0, scores.length - MEMORY);
      if (++unwritten >= EACH) write();
    },
    [Symbol.dispose]: write,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A control that writes down what it is asked. */
function remembering(control: CallControl, history: ScoreHistory): CallControl {
  return {
    decide(score) {
      if (Number.isFinite(score)) history.add(score);
      return control.decide(score);
    },
    answered: (pieces) => control.answered(pieces),
    get decisions() {
      return control.decisions;
    },
    get calls() {
      return control.calls;
    },
  };
}

async function largeOf(
  named: string | undefined,
  cache: string | undefined,
  { owned, streams, answer, timeout }: { readonly owned: Disposables; readonly streams: number; readonly answer: AnswerUnit; readonly timeout: number },
): Promise<Continuation | undefined> {
  if (named === undefined) return undefined;
  const remote = /^endpoint:(.+)@(https?:.+)$/u.exec(named);
  if (remote !== null) return endpointContinuation({ model: remote[1]!, baseURL: remote[2]!, answer, timeout, ...(cache !== undefined && { cache }) });
  if (named.startsWith("endpoint:")) throw new Error(`Cannot read --large: expected a folder or endpoint:MODEL@URL, got ${named}`);
  const { tokenizer, end, model, params } = await modelFolder(named);
  owned.use(params);
  const lent = owned.use(languageStreams(model, params.value, { start: end, streams }));
  return {
    async continue(text, options = {}) {
      using stream = await lent.stream(options);
      // Awaited here: the stream is given back where this function ends.
      return await localContinuation(stream, { tokenizer, end, answer }).continue(text, options);
    },
  };
}

/** What is to be freed, the last first: Node 20 has no DisposableStack. */
interface Disposables extends Disposable {
  use<T extends Disposable>(value: T): T;
}

function disposables(): Disposables {
  const held: Disposable[] = [];
  return {
    use(value) {
      held.push(value);
      return value;
    },
    [Symbol.dispose]() {
      for (const each of held.splice(0).toReversed()) each[Symbol.dispose]();
    },
  };
}
