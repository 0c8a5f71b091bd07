import { cast, equal, mul, slice, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { jit, own, read } from "@lab/tensor-core";
import {
  before,
  equallyMany,
  greedyCompletions,
  ruleScores,
  type EnsembleParams,
  type PostNormEnsemble,
  type RuleScores,
  type RuleScoresOptions,
} from "@lab/nonident";
import { surprise } from "./objective.ts";
import { END, FLOOR, languageRows, PADDING, PROMPTS, SHORT, shortRows, START, TARGETS } from "./strings.ts";

const RULES: RuleScoresOptions = { r1: equallyMany([0, 1]), r2: before(0, 1) };

/** The share of probability on strings of up to eight symbols, by the rules they keep. */
export type Classes = { readonly both: number; readonly onlyR1: number; readonly onlyR2: number; readonly neither: number };

/** One seed at one step. */
export type Look = {
  readonly step: number;
  readonly seed: number;
  /** Nats per target position, padding included. */
  readonly testLoss: number;
  /** KL(p ‖ q), nats per string, by all 128 strings. */
  readonly klPerSequence: number;
  readonly outOfDistribution: RuleScores;
  readonly inDistribution: RuleScores;
  readonly classes: Classes;
};

/** Strings that are scored in one call. */
const AT_ONCE = 16;

type Sums = (params: EnsembleParams, rows: Tensor) => { readonly all: Tensor; readonly strings: Tensor };

/** −ln p summed over all target positions, [seed], and over each row up to its end, [seed, row]; compiled once for a study. */
export function nats(ensemble: PostNormEnsemble): Sums {
  return jit(
    (params: EnsembleParams, rows: Tensor) => {
      const each = surprise([ensemble, params], rows);
      return { all: sum(each, [1, 2]), strings: sum(mul(each, upToEnd(rows)), 2) };
    },
    { xla: false },
  );
}

export type LookOptions = { readonly step: number; readonly longest: number; readonly sums: Sums };

/** What each seed's network does at a step, on all strings and prompts. */
export async function look([ensemble, params]: readonly [PostNormEnsemble, EnsembleParams], { step, longest, sums }: LookOptions): Promise<readonly Look[]> {
  const seeds = params.table.shape[0];
  using rows = own(() => ({ language: languageRows(), short: shortRows() }));
  const [all, strings] = [new Float64Array(seeds), new Float64Array(seeds)];
  const count = rows.value.language.shape[0];
  for (let from = 0; from < count; from += AT_ONCE) {
    using found = own(() => sums(params, slice(rows.value.language, [from, 0], [AT_ONCE, TARGETS + 1])));
    const host = await read(found.value);
    for (let s = 0; s < seeds; s++) {
      all[s]! += host.all.get(s);
      for (let i = 0; i < AT_ONCE; i++) strings[s]! += host.strings.get(s, i);
    }
  }
  using short = own(() => sums(params, rows.value.short));
  const shortNats = (await read(short.value)).strings;
  const prompts = [...PROMPTS.outOfDistribution, ...PROMPTS.inDistribution];
  const said = await greedyCompletions([ensemble, params], prompts, { start: START, end: END, longest });
  return said.map((of, seed) => {
    const testLoss = all[seed]! / (count * TARGETS);
    return {
      step,
      seed,
      testLoss,
      klPerSequence: strings[seed]! / count - FLOOR * TARGETS,
      outOfDistribution: ruleScores(of.slice(0, PROMPTS.outOfDistribution.length), RULES),
      inDistribution: ruleScores(of.slice(PROMPTS.outOfDistribution.length), RULES),
      classes: classes((i) => Math.exp(-shortNats.get(seed, i))),
    };
  });
}

/** 1 at targets up to the end symbol, 0 at padding after it: [row, width − 1]. */
function upToEnd(rows: Tensor): Tensor {
  const [count, width] = rows.shape as [number, number];
  return sub(1, cast(equal(slice(rows, [0, 1], [count, width - 1]), PADDING), "float32"));
}

function classes(probability: (i: number) => number): Classes {
  const sums = { both: 0, onlyR1: 0, onlyR2: 0, neither: 0 };
  for (const [i, string] of SHORT.entries()) {
    const [r1, r2] = [RULES.r1.holds(string), RULES.r2.holds(string)];
    sums[r1 && r2 ? "both" : r1 ? "onlyR1" : r2 ? "onlyR2" : "neither"] += probability(i);
  }
  return sums;
}
