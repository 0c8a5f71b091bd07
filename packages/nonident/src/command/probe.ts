import { key, type Autoregressive, type Token } from "@lab/tensor-core";
import { table, terminalTable } from "@lab/tensor-core/report";
import { defineCommand, type SubCommandsDef } from "citty";
import { z } from "zod";
import type { Pair } from "../equivalence/compared.ts";
import type { Method } from "../equivalence/equivalent.ts";
import { extrapolationLanguages } from "../language/extrapolation-language.ts";
import { ginc } from "../language/ginc.ts";
import { completionDivergence } from "../probe/completion-divergence.ts";
import { coinPrompts, gincPrompts, inContext, type InContextPrompts } from "../probe/in-context.ts";
import { contrast, contrastRows, type Behaviour, type Probe } from "../probe/probe.ts";
import { ruleExtrapolation } from "../probe/rule-extrapolation.ts";
import { endpointArguments, MODEL_ARGUMENT, modelPair, realNumber, wholeNumber } from "./model-argument.ts";
import { printed } from "./printed.ts";

const PROBES = ["rules", "in-context", "completions"] as const;
const LANGUAGES = extrapolationLanguages().map(({ name }) => name);

/** Numbers that a flag lists, separated by commas. */
function listed(flag: string, given: string, read: (flag: string, given: string) => number): readonly number[] {
  return given.split(",").map((part) => read(flag, part));
}

type Given = {
  readonly language: string;
  readonly completion: string;
  readonly shots: string;
  readonly heads: string;
  readonly ginc: string | undefined;
  readonly prompts: string;
};

/** What the numbers of a world of GINC are, in the order in which they are given. */
const WORLD = ["seed", "concepts", "values", "slots", "vocabulary", "k"] as const;

/** Prompts of a world given by its numbers. */
function worldPrompts(given: string): InContextPrompts {
  const numbers = listed("ginc", given, wholeNumber);
  if (numbers.length !== WORLD.length)
    throw new RangeError(`Cannot prompt of a world: expected --ginc ${WORLD.join(",")}, such as 0,4,10,10,50,3, got ${given}`);
  const [seed, concepts, values, slots, vocabulary, k] = numbers as [number, number, number, number, number, number];
  return gincPrompts(ginc({ key: key(seed), concepts, values, slots, vocabulary }), { k });
}

function coinsPrompts(given: string): InContextPrompts {
  const heads = listed("heads", given, realNumber);
  return coinPrompts({ weights: heads.map(() => 1 / heads.length), heads });
}

/** The probe of a name, for models of so many symbols and an end. */
function behaviourProbe(name: string, given: Given, { end, alpha }: { readonly end: Token; readonly alpha: number }): Probe<Autoregressive, Behaviour> {
  if (name === "in-context") {
    const draws = wholeNumber("prompts", given.prompts);
    const prompts = given.ginc === undefined ? coinsPrompts(given.heads) : worldPrompts(given.ginc);
    return inContext({ prompts, shots: listed("shots", given.shots, wholeNumber), draws, alpha });
  }
  const language = extrapolationLanguages().find((one) => one.name === given.language);
  if (language === undefined) throw new RangeError(`Cannot probe rules: expected --language to be one of ${LANGUAGES.join(", ")}, got ${given.language}`);
  const { grammar, r1, r2, r2Completion } = language;
  if (end !== Math.max(...grammar.alphabet) + 1)
    throw new RangeError(`Cannot probe rules of ${language.name}: expected models of ${grammar.alphabet.length} symbols and an end, got the end ${end}`);
  return ruleExtrapolation({ ...{ r1, r2, r2Completion, end, alpha }, prompts: language.prompts(), longest: wholeNumber("completion", given.completion) });
}

/** Prompts of tokens as they are written on the command line: [[0,1],[1]]. */
function tokenLists(given: string | undefined): readonly (readonly Token[])[] {
  const expected = "Cannot read --after: expected a JSON list of prompts, each a list of tokens, such as [[0,1],[]]";
  if (given === undefined) throw new RangeError(`${expected}, got none`);
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    throw new RangeError(`${expected}, got ${given}`);
  }
  const read = z
    .array(z.array(z.number().int().min(0)))
    .min(1)
    .safeParse(value);
  if (!read.success) throw new RangeError(`${expected}, got ${given}`);
  return read.data;
}

type CompletionOptions = {
  readonly prompts: readonly (readonly Token[])[];
  readonly end: Token;
  readonly longest: number;
  readonly draws: number | undefined;
  readonly epsilon: number;
  readonly seed: number;
  readonly json: boolean;
};

async function printedCompletions(pair: Pair, { draws, seed, json, ...options }: CompletionOptions): Promise<void> {
  const found = await completionDivergence(draws === undefined ? options : { ...options, draws }).measure(pair, key(seed));
  if (json) return printed({ probe: "completions", epsilon: options.epsilon, prompts: found }, true);
  const rows = found.map(({ prompt, probability, next, completion, unfinished, certifiedTv }) => ({
    prompt: prompt.join(" ") || "(empty)",
    "p(x…)": probability[0],
    "q(x…)": probability[1],
    "next TV": next.tv.value,
    "next KL": String(Number(next.kl.value.toPrecision(3))),
    TV: completion.tv.value,
    "JS, nats": completion.js.value,
    "KL, nats": String(Number(completion.kl.value.toPrecision(3))),
    cut: Math.max(...unfinished),
    [`TV allowed by KL ≤ ${options.epsilon}`]: certifiedTv === undefined ? "nothing certified" : certifiedTv.toPrecision(3),
  }));
  console.log(await terminalTable(table(rows)));
}

/** What two models do, beside what the likelihood says of them. */
export const probeCommand: SubCommandsDef[string] = defineCommand({
  meta: { name: "probe", description: "Behaviours of two models beside their divergence: rules kept out of distribution, learning in context, completions" },
  args: {
    probe: { type: "positional", required: true, description: `What to measure: ${PROBES.join(", ")}` },
    p: { type: "positional", required: true, description: `p, ${MODEL_ARGUMENT}` },
    q: { type: "positional", required: true, description: "q, another one of the same vocabulary" },
    language: { type: "string", default: "aNbN", description: `With rules: the language of the prompts and rules, one of ${LANGUAGES.join(", ")}` },
    completion: { type: "string", default: "32", valueHint: "tokens", description: "With rules: the most tokens of a greedy completion" },
    shots: { type: "string", default: "0,1,2,4,8", description: "With in-context: numbers of flips, or of examples, in the prompt" },
    heads: { type: "string", default: "0.1,0.6", description: "With in-context: the chances of token 1 of the coins that prompts are flips of" },
    ginc: {
      type: "string",
      valueHint: WORLD.join(","),
      description: "With in-context: prompts of a world of GINC in place of coins, k tokens an example, a concept of the first half; 0 is the delimiter",
    },
    prompts: { type: "string", default: "200", valueHint: "count", description: "With in-context: prompts for each number of shots" },
    after: { type: "string", valueHint: "JSON", description: "With completions: the prompts, such as [[0,1],[1]]" },
    epsilon: {
      type: "string",
      default: "0.01",
      valueHint: "nats",
      description: "The divergence KL(p ‖ q) that counts as none, and that certificates are derived from",
    },
    alpha: { type: "string", default: "0.05", description: "One less the confidence of intervals" },
    longest: {
      type: "string",
      default: "32",
      valueHint: "tokens",
      description: "The most tokens of a sequence, or with completions of what follows a prompt, the end included",
    },
    draws: { type: "string", valueHint: "count", description: "Estimate divergences from so many sequences of each model, instead of enumerating all" },
    seed: { type: "string", default: "0", description: "Seed of draws and prompts" },
    ...endpointArguments,
    json: { type: "boolean", description: "Print one JSON object" },
  },
  async run({ args: given }) {
    const name = PROBES.find((one) => one === given.probe);
    if (name === undefined) throw new RangeError(`Cannot probe: expected one of ${PROBES.join(", ")}, got ${given.probe}`);
    const [seed, longest, epsilon, alpha] = [
      wholeNumber("seed", given.seed),
      wholeNumber("longest", given.longest),
      realNumber("epsilon", given.epsilon),
      realNumber("alpha", given.alpha),
    ];
    const draws = given.draws === undefined ? undefined : wholeNumber("draws", given.draws);
    const { pair, end } = await modelPair([given.p, given.q], given);
    if (name === "completions") {
      await printedCompletions(pair, { prompts: tokenLists(given.after), end, longest, draws, epsilon, seed, json: given.json === true });
      return;
    }
    const method: Method = draws === undefined ? "exact" : "normal";
    const found = await contrast(behaviourProbe(name, given, { end, alpha }), pair, {
      ...{ key: key(seed), end, longest, epsilon, alpha, method },
      ...(draws !== undefined && { draws }),
    });
    if (given.json === true) printed(found, true);
    else console.log(await terminalTable(table(contrastRows(found), { caption: `${found.probe}; KL ≤ ${epsilon}: ${found.likelihood.decision}` })));
  },
});
