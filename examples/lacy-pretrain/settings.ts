import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

/** A decoder and how long it learns, in forward steps without calls. */
export type Learner = {
  readonly layers: number;
  readonly channels: number;
  readonly heads: number;
  readonly rate: number;
  readonly steps: number;
};

/** The size of a run. */
export type Settings = {
  /** Documents to learn, to measure losses on, and, of those learnt, to write about. */
  readonly documents: number;
  readonly heldOut: number;
  readonly told: number;
  /** Subjects that an endpoint is asked about, where there is one. */
  readonly asked: number;
  /** Characters of a document's opening, which ends with a sentence where it can. */
  readonly characters: number;
  readonly vocabulary: number;
  /** Tokens a row, and rows a batch. */
  readonly context: number;
  readonly batch: number;
  /** Times that the documents stand in the rows, each time in another order and cut at other places. */
  readonly orders: number;
  readonly small: Learner;
  readonly large: Learner;
  /** The share of tokens that is delegated in training. */
  readonly fraction: number;
  /** The shares of tokens that the larger model writes, and the one that tables show. */
  readonly budgets: readonly number[];
  readonly headline: number;
  /** Tokens that are written about a subject, and after the beginning of a sentence. */
  readonly tokens: number;
  readonly cloze: number;
  readonly checkpointEvery: number;
};

const scales: { readonly [Name in Effort]: Settings } = {
  smoke: {
    documents: 32,
    heldOut: 48,
    told: 32,
    asked: 4,
    characters: 160,
    vocabulary: 512,
    context: 64,
    batch: 8,
    orders: 2,
    small: { layers: 1, channels: 32, heads: 2, rate: 1e-2, steps: 100 },
    large: { layers: 2, channels: 96, heads: 4, rate: 5e-3, steps: 300 },
    fraction: 0.15,
    budgets: [0, 0.22],
    headline: 0.22,
    tokens: 40,
    cloze: 8,
    checkpointEvery: 50,
  },
  default: {
    documents: 400,
    heldOut: 200,
    told: 300,
    asked: 20,
    characters: 220,
    vocabulary: 2048,
    context: 128,
    batch: 16,
    orders: 4,
    small: { layers: 2, channels: 64, heads: 4, rate: 5e-3, steps: 300 },
    large: { layers: 4, channels: 192, heads: 6, rate: 2e-3, steps: 500 },
    fraction: 0.15,
    budgets: [0, 0.1, 0.22, 0.4],
    headline: 0.22,
    tokens: 64,
    cloze: 12,
    checkpointEvery: 100,
  },
  full: {
    documents: 4000,
    heldOut: 900,
    told: 400,
    asked: 100,
    characters: 320,
    vocabulary: 4096,
    context: 256,
    batch: 16,
    orders: 4,
    small: { layers: 4, channels: 128, heads: 4, rate: 3e-3, steps: 4000 },
    large: { layers: 8, channels: 320, heads: 8, rate: 1e-3, steps: 6000 },
    fraction: 0.15,
    budgets: [0, 0.05, 0.1, 0.15, 0.22, 0.3, 0.4],
    headline: 0.22,
    tokens: 100,
    cloze: 20,
    checkpointEvery: 50,
  },
};

/** Engines without compiled graphs are slower by ten and more: they get less to do, unless the whole is asked for. */
const lighter: Partial<Settings> = {
  documents: 12,
  heldOut: 24,
  told: 4,
  asked: 2,
  vocabulary: 300,
  context: 48,
  batch: 4,
  orders: 1,
  small: { layers: 1, channels: 16, heads: 2, rate: 1e-2, steps: 10 },
  large: { layers: 1, channels: 32, heads: 2, rate: 1e-2, steps: 20 },
  budgets: [0, 0.22],
  characters: 100,
  tokens: 16,
  cloze: 4,
};

export function settingsOf(effort: Effort, engine: EngineName): Settings {
  return { ...scales[effort], ...(isReduced(effort, engine) && lighter) };
}

/** What the weights depend on: a checkpoint of the same goes on, whatever is written and measured afterwards. */
export function learningOf({ documents, characters, vocabulary, context, batch, orders, small, large, fraction }: Settings): object {
  return { documents, characters, vocabulary, context, batch, orders, small, large, fraction };
}

/** Whether an effort is smaller here than on the native engine. */
export function isReduced(effort: Effort, engine: EngineName): boolean {
  return effort !== "full" && engine !== "native";
}
