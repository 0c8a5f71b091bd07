import {
  categorical,
  decoder,
  extended,
  generation,
  jit,
  key,
  keyValueCache,
  readSync,
  scoped,
  split,
  type Decoder,
  type DecoderParams,
} from "@lab/tensor-core";
import { slice, zeros, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { asInputs, parametersOf } from "./parameters.ts";

function network({ layers, width, heads, time, vocabulary }: Settings): Decoder {
  return decoder({ vocabulary: vocabulary!, context: time!, layers: layers!, channels: width!, heads: heads!, tied: false });
}

export async function inputs(settings: Settings): Promise<Inputs> {
  const [first, second] = split(key(0), 2);
  const uniform = zeros([settings["streams"]!, settings["time"]!, settings["vocabulary"]!]);
  return { tokens: categorical(first!, uniform), ...asInputs(network(settings).init(second!)) };
}

/** A prompt, then the likeliest token after each, streams side by side, with a cache. */
export function ready(given: Inputs, settings: Settings): Contest {
  const model = network(settings);
  const [streams, prompt, time] = [settings["streams"]!, settings["prompt"]!, settings["time"]!];
  const params = parametersOf(given, () => model.init(key(0)));
  const { tokens } = given as { tokens: Tensor2D };
  const start = jit((at: DecoderParams, text: Tensor2D) => extended(model, at, { cache: keyValueCache(model, streams), tokens: text }));
  const write = jit(generation(model, { tokens: time - prompt, temperature: 0 }));
  const first = slice(tokens, [0, 0], [streams, prompt]);
  return {
    // The likeliest token may be a matter of rounding, and all that follows with it: what must agree is read after given tokens.
    values() {
      const step = jit((at: DecoderParams, from: ReturnType<typeof start>, token: Tensor2D) => extended(model, at, { cache: from.cache, tokens: token }));
      const logits: number[] = [];
      scoped(() => {
        let now = start(params, first);
        for (let t = prompt; t < prompt + 4; t++) {
          logits.push(...[...readSync(now.logits).data].slice(0, 8));
          now = step(params, now, slice(tokens, [0, t], [streams, 1]));
        }
        logits.push(...[...readSync(now.logits).data].slice(-8));
      });
      return { logits };
    },
    iterate(n) {
      for (let i = 0; i < n; i++) scoped(() => void readSync(write(key(0), params, start(params, first)).tokens));
    },
  };
}
