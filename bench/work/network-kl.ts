import { categorical, key, split, transformer, type Transformer, type TransformerParams } from "@lab/tensor-core";
import { networkLogRatios, raoBlackwellKl, type LogRatioDraws } from "@lab/nonident";
import { logSoftmax, mul, zeros, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { asInputs, parametersOf } from "./parameters.ts";

/** Weights as they start give nearly uniform tokens: scaled up, the two models differ by nats, not by rounding. */
const SCALE = 5;

function network({ layers, width, heads, time, vocabulary }: Settings): Transformer {
  return transformer({ vocabulary: vocabulary!, context: time!, layers: layers!, channels: width!, heads: heads!, tied: false });
}

function prefixed(inputs: Inputs, name: string): Inputs {
  return Object.fromEntries(Object.entries(inputs).map(([path, x]) => [`${name}.${path}`, path === "params.head" ? mul(x, SCALE) : x]));
}

function ofModel(inputs: Inputs, name: string): Inputs {
  const mine = Object.entries(inputs).filter(([path]) => path.startsWith(`${name}.`));
  return Object.fromEntries(mine.map(([path, x]) => [path.slice(name.length + 1), x]));
}

export async function inputs(settings: Settings): Promise<Inputs> {
  const [first, second, third] = split(key(0), 3);
  const uniform = zeros([settings["draws"]!, settings["time"]! + 1, settings["vocabulary"]!]);
  return {
    rows: categorical(first!, uniform),
    ...prefixed(asInputs(network(settings).init(second!)), "p"),
    ...prefixed(asInputs(network(settings).init(third!)), "q"),
  };
}

/** log-ratios and conditional divergences of all rows an iteration; which rows they are does not matter to the time. */
export function ready(given: Inputs, settings: Settings): Contest {
  const model = network(settings);
  const of = (name: string): ((tokens: Tensor2D) => ReturnType<typeof logSoftmax>) => {
    const params: TransformerParams = parametersOf(ofModel(given, name), () => model.init(key(0)));
    return (tokens) => logSoftmax(model.apply(params, tokens));
  };
  const pair = [of("p"), of("q")] as const;
  const rows = given["rows"] as Tensor2D;
  // No token of the vocabulary ends a row: every position counts.
  const found = (): Promise<LogRatioDraws> => networkLogRatios(pair, rows, { end: settings["vocabulary"]!, atOnce: settings["atOnce"]! });
  return {
    async values() {
      const draws = await found();
      const { value, standardError } = raoBlackwellKl(draws);
      return { kl: [value, standardError], first: [...draws.conditionalKls.slice(0, 8)], ratios: [...draws.logRatios.slice(0, 8)] };
    },
    async iterate(n) {
      for (let i = 0; i < n; i++) await found();
    },
  };
}
