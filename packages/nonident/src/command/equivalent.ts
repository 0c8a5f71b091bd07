import { key } from "@lab/tensor-core";
import { defineCommand, type SubCommandsDef } from "citty";
import { equivalent, type Method } from "../equivalence/equivalent.ts";
import { endpointArguments, MODEL_ARGUMENT, modelPair, realNumber, wholeNumber } from "./model-argument.ts";
import { printed } from "./printed.ts";

const METHODS: readonly Method[] = ["betting", "bernstein", "normal", "bootstrap", "exact"];

/** Whether two models are within a divergence of each other. */
export const equivalentCommand: SubCommandsDef[string] = defineCommand({
  meta: { name: "equivalent", description: "Is KL(p ‖ q) ≤ epsilon? Decided by confidence limits; ends with 0 for yes, 3 for no, 4 where undecided" },
  args: {
    p: { type: "positional", required: true, description: `p, ${MODEL_ARGUMENT}` },
    q: { type: "positional", required: true, description: "q, another one of the same vocabulary" },
    epsilon: { type: "string", required: true, valueHint: "nats", description: "The divergence KL(p ‖ q) that is allowed, per sequence" },
    alpha: { type: "string", default: "0.05", description: "The chance of a wrong answer, of either kind" },
    method: { type: "string", default: "betting", description: `How limits are found: ${METHODS.join(", ")}` },
    longest: { type: "string", default: "32", valueHint: "tokens", description: "The most tokens of a sequence, its end included" },
    draws: { type: "string", default: "10000", valueHint: "count", description: "The most draws from each model" },
    floor: { type: "string", default: "1e-6", description: "With betting and bernstein: the share of the uniform distribution mixed into q at each token" },
    seed: { type: "string", default: "0", description: "Seed of the draws" },
    ...endpointArguments,
    json: { type: "boolean", description: "Print one JSON object" },
  },
  async run({ args: given }) {
    const method = METHODS.find((name) => name === given.method);
    if (method === undefined) throw new RangeError(`Cannot decide equivalence: expected a method of ${METHODS.join(", ")}, got ${given.method}`);
    const { pair, end } = await modelPair([given.p, given.q], given);
    const found = await equivalent(key(wholeNumber("seed", given.seed)), pair, {
      epsilon: realNumber("epsilon", given.epsilon),
      alpha: realNumber("alpha", given.alpha),
      floor: realNumber("floor", given.floor),
      draws: wholeNumber("draws", given.draws),
      method,
      end,
      longest: wholeNumber("longest", given.longest),
    });
    printed(found, given.json === true);
    process.exitCode = { equivalent: 0, different: 3, undecided: 4 }[found.decision];
  },
});
