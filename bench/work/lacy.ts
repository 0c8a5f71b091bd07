import { adamw, bernoulli, categorical, decoder, jit, key, own, split, type Decoder } from "@lab/tensor-core";
import { lacy, pretrain, type Mask, type TokenBatch } from "@lab/lacy";
import { cast, zeros, zerosLike, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { asInputs, parametersOf } from "./parameters.ts";

type Batch = TokenBatch & { readonly factual: Tensor2D };

function network({ layers, width, heads, time, vocabulary }: Settings): Decoder {
  return decoder({ vocabulary: vocabulary! + 1, context: time!, layers: layers!, channels: width!, heads: heads!, tied: false });
}

export async function inputs(settings: Settings): Promise<Inputs> {
  const [first, second, third, fourth] = split(key(0), 4);
  const uniform = zeros([settings["batch"]!, settings["time"]!, settings["vocabulary"]!]);
  // A quarter of the tokens are facts, as in the paper.
  const factual = cast(bernoulli(fourth!, 0.25, uniform.shape.slice(0, 2)), "int32");
  return { tokens: categorical(first!, uniform), targets: categorical(second!, uniform), factual, ...asInputs(network(settings).init(third!)) };
}

/** Steps of pre-training, with LaCy's choice of the tokens to delegate or without any. */
export function ready(given: Inputs, settings: Settings): Contest {
  const model = network(settings);
  const { tokens, targets, factual } = given as { tokens: Tensor2D; targets: Tensor2D; factual: Tensor2D };
  const none = ({ loss }: { readonly loss: Tensor }): Mask => cast(zerosLike(loss), "bool") as Mask;
  const algorithm = pretrain(model, {
    calls: settings["fraction"] === 0 ? none : lacy({ fraction: settings["fraction"]! }),
    evidence: (batch: Batch) => ({ factual: cast(batch.factual, "bool") as Mask }),
    transform: adamw(settings["learningRate"]!, { weightDecay: settings["weightDecay"]! }),
  });
  const step = jit(algorithm.step);
  const batch = { tokens, targets, factual };
  const state = own(() => algorithm.init(parametersOf(given, () => model.init(key(0)))));
  return {
    values: () => ({}),
    iterate(n) {
      for (let i = 0; i < n; i++) state.advance((s) => step(key(0), s, batch))[Symbol.dispose]();
    },
  };
}
