import { adamw, categorical, descent, key, softmaxCrossEntropy, split, transformer, type Transformer, type TransformerParams } from "@lab/tensor-core";
import { zeros, type Tensor } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { training } from "./descent.ts";
import { asInputs, parametersOf } from "./parameters.ts";

type Batch = { readonly tokens: Tensor; readonly targets: Tensor };

function network({ layers, width, heads, time, vocabulary }: Settings): Transformer {
  return transformer({ vocabulary: vocabulary!, context: time!, layers: layers!, channels: width!, heads: heads!, tied: false });
}

export async function inputs(settings: Settings): Promise<Inputs> {
  const [first, second, third] = split(key(0), 3);
  const uniform = zeros([settings["batch"]!, settings["time"]!, settings["vocabulary"]!]);
  return { tokens: categorical(first!, uniform), targets: categorical(second!, uniform), ...asInputs(network(settings).init(third!)) };
}

/** One step of AdamW on a fixed batch. */
export function ready(given: Inputs, settings: Settings): Contest {
  const gpt = network(settings);
  const transform = adamw(settings["learningRate"]!, { weightDecay: settings["weightDecay"]! });
  const algorithm = descent((params: TransformerParams, { tokens, targets }: Batch) => softmaxCrossEntropy(gpt.apply(params, tokens), targets), { transform });
  const { tokens, targets } = given as { tokens: Tensor; targets: Tensor };
  return training(algorithm, {
    params: parametersOf(given, () => gpt.init(key(0))),
    batch: { tokens, targets },
    checkedSteps: settings["checkedSteps"]!,
    xla: settings["xla"] === 1,
  });
}
