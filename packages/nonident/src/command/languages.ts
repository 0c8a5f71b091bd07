import { foldIn, key } from "@lab/tensor-core";
import { defineCommand, type SubCommandsDef } from "citty";
import { prompts } from "../language/prompts.ts";
import { grammarNames, namedGrammar } from "../model/named-grammar.ts";
import { wholeNumber } from "./model-argument.ts";
import { printed } from "./printed.ts";

/** The languages that have a name. */
export const languagesCommand: SubCommandsDef[string] = defineCommand({
  meta: { name: "languages", description: "The languages that have a name: how many strings, which prompts are in distribution, samples" },
  args: {
    name: { type: "positional", required: false, description: "One language: its counts, prompts and some strings" },
    length: { type: "string", default: "8", description: "The length of strings and prompts" },
    sample: { type: "string", default: "3", valueHint: "count", description: "How many strings of that length to draw, all of them equally likely" },
    seed: { type: "string", default: "0", description: "Seed of the draws" },
    json: { type: "boolean", description: "Print one JSON object" },
  },
  run({ args: given }) {
    const length = wholeNumber("length", given.length);
    const described = (name: string): Record<string, string | number> => {
      const grammar = namedGrammar(name);
      const { inDistribution, outOfDistribution } = prompts(grammar, { length });
      return {
        name,
        symbols: grammar.alphabet.length,
        members: String(grammar.count(length)),
        inDistribution: inDistribution.length,
        outOfDistribution: outOfDistribution.length,
      };
    };
    if (given.name === undefined) {
      printed({ length, languages: grammarNames.map(described) }, given.json === true);
      return;
    }
    const grammar = namedGrammar(given.name);
    const wanted = grammar.count(length) === 0n ? 0 : wholeNumber("sample", given.sample);
    const from = key(wholeNumber("seed", given.seed));
    const samples = Array.from({ length: wanted }, (_, i) => grammar.sample(foldIn(from, i), { length }).join(" "));
    printed({ length, ...described(given.name), samples }, given.json === true);
  },
});
