import { key } from "@lab/tensor-core";
import { defineCommand, type SubCommandsDef } from "citty";
import { divergences } from "../equivalence/divergences.ts";
import { logRatioKl, raoBlackwellKl, sampledSquaredHellinger, sampledTv } from "../equivalence/estimators.ts";
import { logRatioDraws } from "../equivalence/log-ratio-draws.ts";
import { endpointArguments, MODEL_ARGUMENT, modelPair, wholeNumber } from "./model-argument.ts";
import { printed } from "./printed.ts";

/** How far two models are apart. */
export const klCommand: SubCommandsDef[string] = defineCommand({
  meta: { name: "kl", description: "Divergences of two models over whole sequences, in nats: by enumeration, or from draws" },
  args: {
    p: { type: "positional", required: true, description: `p, ${MODEL_ARGUMENT}` },
    q: { type: "positional", required: true, description: "q, another one of the same vocabulary" },
    longest: { type: "string", default: "32", valueHint: "tokens", description: "The most tokens of a sequence, its end included" },
    draws: { type: "string", valueHint: "count", description: "Estimate from so many sequences of p, instead of enumerating all" },
    seed: { type: "string", default: "0", description: "Seed of the draws" },
    ...endpointArguments,
    json: { type: "boolean", description: "Print one JSON object" },
  },
  async run({ args: given }) {
    const { pair, end } = await modelPair([given.p, given.q], given);
    const extent = { end, longest: wholeNumber("longest", given.longest) };
    if (given.draws === undefined) {
      printed({ method: "enumeration", ...(await divergences(pair, extent)) }, given.json === true);
      return;
    }
    const draws = wholeNumber("draws", given.draws);
    const found = await logRatioDraws(key(wholeNumber("seed", given.seed)), pair, { ...extent, draws });
    const figures = {
      method: "draws",
      draws,
      kl: raoBlackwellKl(found),
      klPerToken: raoBlackwellKl(found).value / (found.lengths.reduce((x, y) => x + y, 0) / draws),
      klFromLogRatios: logRatioKl(found),
      tv: sampledTv(found),
      squaredHellinger: sampledSquaredHellinger(found),
      unfinished: found.unfinished / draws,
    };
    printed(figures, given.json === true);
  },
});
