import { join } from "node:path";
import { cast, floor, gather, mul, slice, tensor2d } from "@tensorflow/tfjs-core";
import {
  adamw,
  chain,
  clipByNorm,
  decoder,
  decoderLanguageModel,
  descent,
  foldIn,
  logProbs,
  own,
  run,
  softmaxCrossEntropy,
  uniform,
  warmupCosineSchedule,
  type Autoregressive,
  type DecoderParams,
  type Key,
  type Sequence,
} from "@lab/tensor-core";
import type { Learner } from "./settings.ts";

/** A decoder that has learnt from documents, as a model of their tokens. It owns its weights: declare it with `using`. */
export type Trained = Disposable & {
  readonly model: Autoregressive;
  /** Nats per token of the batch of each step. */
  readonly losses: readonly number[];
};

export type TrainingOptions = Learner & {
  readonly name: string;
  readonly vocabulary: number;
  readonly out: string;
  readonly resume: boolean;
  readonly quiet: boolean;
};

/**
 * A decoder trained by the likelihood of endless documents, each after a symbol of its own for the start. That symbol is never said: the model is what the
 * decoder says of the other tokens.
 */
export async function trained(key: Key, documents: readonly Sequence[], options: TrainingOptions): Promise<Trained> {
  const { name, vocabulary, length, layers, channels, heads, steps, batch, rate, out, resume, quiet } = options;
  const start = vocabulary;
  const network = decoder({ vocabulary: vocabulary + 1, context: length + 1, layers, channels, heads });
  const count = documents.length;
  using rows = own(() => ({
    tokens: tensor2d(
      documents.flatMap((document) => [start, ...document]),
      [count, length + 1],
      "int32",
    ),
  }));
  const { tokens } = rows.value;
  const objective = (params: DecoderParams, _: unknown, at: Key) => {
    const seen = gather(tokens, cast(floor(mul(uniform(at, [batch]), count * (1 - 1e-6))), "int32"));
    return softmaxCrossEntropy(network.apply(params, slice(seen, [0, 0], [batch, length])), slice(seen, [0, 1], [batch, length]));
  };
  const schedule = warmupCosineSchedule({ peak: rate, warmup: Math.max(1, Math.round(steps / 20)), steps });
  const algorithm = descent(objective, { transform: chain(clipByNorm(1), adamw(schedule, { weightDecay: 0 })) });
  using params = own(() => network.init(foldIn(key, 0)));
  const { trace, state } = await run(algorithm, params.value, {
    key: foldIn(key, 1),
    steps,
    record: (_, { loss }) => ({ loss }),
    finite: ["loss"],
    ...(quiet ? {} : { progress: name }),
    checkpoint: { path: join(out, "checkpoints", name), every: 200, resume, config: { name, vocabulary, ...learnerOf(options) } },
  });
  const language = decoderLanguageModel(network, state.value.params, { start });
  return {
    model: { vocabulary, logProbs: (prefix) => logProbs(language.logProbs(prefix).subarray(0, vocabulary)) },
    losses: Array.from(trace.loss.data),
    [Symbol.dispose]() {
      language[Symbol.dispose]();
      state[Symbol.dispose]();
    },
  };
}

/** What the weights depend on. */
function learnerOf({ documents, length, layers, channels, heads, steps, batch, rate }: Learner): Learner {
  return { documents, length, layers, channels, heads, steps, batch, rate };
}
