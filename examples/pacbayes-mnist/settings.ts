import type { EngineName } from "@lab/tensor-core";
import type { Effort } from "@lab/tensor-core/report";

/** What is asked: the sample, the network and its prior. */
export type Question = {
  readonly name: string;
  /** 2: the digits 0–4 against 5–9. */
  readonly classes: 2 | 10;
  /** Examples in S. */
  readonly n: number;
  /** Pixels along a side. */
  readonly side: 14 | 28;
  /** Hidden units of each layer; none for a linear classifier. */
  readonly hidden: readonly number[];
  /** σ₀ */
  readonly priorScale: number;
};

/** What is spent on the answer. */
export type Budget = {
  /** Test digits that are looked at. */
  readonly test: number;
  readonly chains: number;
  /** K, and per rung the steps of warm-up and the draws of each chain. */
  readonly rungs: number;
  readonly warmup: number;
  readonly draws: number;
  /** How often a rung that misses the targets of `rung.ts` may go on for as many draws again. */
  readonly extensions: number;
  /** λ_K before the ladder grows, and the power of its spacing. */
  readonly top: number;
  readonly power: number;
  /** The most leapfrogs of a trajectory. */
  readonly most: number;
  /** Chains of annealed importance sampling, and into how many parts it cuts each interval of the ladder. */
  readonly annealing: number;
  readonly parts: number;
  /** Steps of the baseline's descent, and draws for its certificate. */
  readonly descent: number;
  readonly certified: number;
};

export type Setting = Question & Budget & { readonly delta: number; readonly deltaRisk: number; readonly deltaEvidence: number };

const confidence = { delta: 0.025, deltaRisk: 0.01, deltaEvidence: 0.01 } as const;

/** A question around the common one: 14 × 14 pixels, ten classes, σ₀ = 0.3; named by what it is. */
function question({ classes = 10, side = 14, priorScale = 0.3, hidden, n }: Pick<Question, "hidden" | "n"> & Partial<Question>): Question {
  const network = hidden.length === 0 ? "linear" : `hidden ${hidden.join("-")}`;
  const name = [
    classes === 2 ? "binary" : "ten classes",
    network,
    ...(side === 14 ? [] : ["28×28"]),
    `n ${n}`,
    ...(priorScale === 0.3 ? [] : [`σ₀ ${priorScale}`]),
  ];
  return { name: name.join(", "), classes, n, side, hidden, priorScale };
}

const base: Budget = {
  test: 2000,
  chains: 4,
  rungs: 24,
  warmup: 30,
  draws: 400,
  extensions: 3,
  top: 2.5,
  power: 3,
  most: 64,
  annealing: 16,
  parts: 8,
  descent: 2000,
  certified: 4000,
};

const budgets: { readonly [Name in Effort]: Budget } = {
  smoke: { ...base, test: 1000, rungs: 12, warmup: 15, draws: 50, extensions: 0, most: 24, annealing: 8, parts: 4, descent: 400, certified: 400 },
  default: base,
  full: { ...base, test: 10_000, rungs: 48, warmup: 60, draws: 600, annealing: 32, parts: 16, descent: 10_000, certified: 10_000 },
};

/** With more examples than this a step costs a hundred times as much. */
export const MANY = 10_000;

const budgetsOfMany: { readonly [Name in Effort]: Partial<Budget> } = {
  smoke: { chains: 2, rungs: 8, warmup: 4, draws: 8, extensions: 0, most: 8, annealing: 2, parts: 2, descent: 40, certified: 20 },
  default: { chains: 2, rungs: 12, warmup: 8, draws: 12, extensions: 0, most: 16, annealing: 2, parts: 3, descent: 300, certified: 40, test: 10_000 },
  full: { rungs: 24, warmup: 20, draws: 150, annealing: 8, parts: 12, descent: 4000, certified: 1000 },
};

const shortest: readonly Question[] = [question({ classes: 2, hidden: [], n: 500 }), question({ hidden: [10], n: 500 })];

const short: readonly Question[] = [
  question({ classes: 2, hidden: [], n: 500, priorScale: 0.03 }),
  question({ classes: 2, hidden: [], n: 2000 }),
  question({ hidden: [], n: 500 }),
  question({ hidden: [10], n: 500 }),
];

/** One thing is changed at a time: n, the network, the prior, the pixels; and the whole of MNIST. */
const table: readonly Question[] = [
  ...[0.03, 0.1].map((priorScale) => question({ classes: 2, hidden: [], n: 500, priorScale })),
  ...[500, 2000, 8000].map((n) => question({ classes: 2, hidden: [], n })),
  ...[500, 2000, 8000].map((n) => question({ classes: 2, hidden: [10], n })),
  ...[50, 100].map((units) => question({ classes: 2, hidden: [units], n: 2000 })),
  ...[500, 2000, 8000].map((n) => question({ hidden: [], n })),
  ...[500, 2000, 8000].map((n) => question({ hidden: [10], n })),
  ...[50, 100].map((units) => question({ hidden: [units], n: 2000 })),
  question({ hidden: [50, 50], n: 2000 }),
  ...[0.1, 1].flatMap((priorScale) => [question({ hidden: [], n: 2000, priorScale }), question({ hidden: [50], n: 2000, priorScale })]),
  question({ hidden: [], n: 2000, side: 28 }),
  question({ hidden: [50], n: 2000, side: 28 }),
  question({ hidden: [], n: 60_000 }),
  question({ hidden: [10], n: 60_000 }),
  question({ hidden: [50], n: 60_000 }),
  question({ hidden: [100], n: 60_000, side: 28 }),
];

/** Each name once. */
function distinct(questions: readonly Question[]): readonly Question[] {
  return [...new Map(questions.map((each) => [each.name, each])).values()];
}

/** What `--only` chooses from. */
const everything = distinct([...short, ...table]);

/** Engines without compiled graphs are slower by ten and by hundreds: they get less to do, unless the whole is asked for. */
const lighter: { readonly [Name in EngineName]?: Partial<Setting> } = {
  wasm: { n: 200, test: 500, rungs: 12, warmup: 15, draws: 30, most: 24, descent: 200, certified: 200 },
  cpu: { n: 60, test: 100, rungs: 12, chains: 2, warmup: 8, draws: 15, most: 8, descent: 60, certified: 50 },
};

/**
 * The settings of a run, in the order in which they are answered: few, or all with --full, or with `only` those of all whose name has it.
 *
 * @throws RangeError if no name has it
 */
export function settingsOf(effort: Effort, engine: EngineName, { only }: { readonly only?: string | undefined } = {}): readonly Setting[] {
  const asked = only === undefined ? { smoke: shortest, default: short, full: table }[effort] : everything.filter(({ name }) => name.includes(only));
  if (asked.length === 0)
    throw new RangeError(
      `Cannot choose settings: expected a part of one of these names, got "${only}"\n${everything.map(({ name }) => `  ${name}`).join("\n")}`,
    );
  const { n: most = Infinity, ...less } = effort === "full" ? {} : (lighter[engine] ?? {});
  // Named by the n that is run: settings that differ in n alone become one.
  return distinct(asked.map((each) => question({ ...each, n: Math.min(each.n, most) }))).map((each) => ({
    ...each,
    ...budgets[effort],
    ...(each.n > MANY ? budgetsOfMany[effort] : {}),
    ...confidence,
    ...less,
  }));
}

/** Whether an effort is smaller here than on the native engine. */
export function isReduced(effort: Effort, engine: EngineName): boolean {
  return effort !== "full" && lighter[engine] !== undefined;
}
