import { adamw, descent, jit, key, own, split } from "@lab/tensor-core";
import { aNbN, enumeratedLogProbs, postNormEnsemble, type EnsembleParams, type EnumeratedLogProbs } from "@lab/nonident";
import { cast, mean, mul, neg, oneHot, reshape, slice, sum, tensor2d, type Scalar, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";

const [START, END, PADDING, VOCABULARY, LARGEST] = [2, 3, 4, 5, 8];
const TIME = 2 * LARGEST + 1;

export async function inputs(): Promise<Inputs> {
  return {};
}

/** The probability of every string of two symbols, through the study's network after some steps on aⁿbⁿ, n ≤ 8. */
export function ready(_: Inputs, { longest, steps }: Settings): Contest {
  const ensemble = postNormEnsemble({ vocabulary: VOCABULARY, context: TIME + 1, channels: 10, heads: 5, hidden: 1024, layers: 5, padding: PADDING });
  const strings = aNbN({ largest: LARGEST }).sequences.map((string) => [START, ...string, END]);
  const rows = tensor2d(
    strings.map((string) => Array.from({ length: TIME + 1 }, (_unused, t) => string[t] ?? PADDING)),
    [LARGEST, TIME + 1],
    "int32",
  );
  const loss = (params: EnsembleParams, batch: Tensor2D): Scalar => {
    const targets = oneHot(cast(slice(batch, [0, 1], [LARGEST, TIME]), "int32"), VOCABULARY, 1, 0, "float32");
    return neg(mean(sum(mul(ensemble.logProbs(params, slice(batch, [0, 0], [LARGEST, TIME])), targets), -1))) as Scalar;
  };
  const algorithm = descent(loss, { transform: adamw(2e-3, { weightDecay: 0.01 }) });
  const state = own(() => algorithm.init(ensemble.init(split(key(0), 1))));
  const step = jit((now: typeof state.value, batch: Tensor2D) => algorithm.step(key(0), now, batch), { xla: false });
  for (let i = 0; i < steps!; i++) state.advance((now) => step(now, rows))[Symbol.dispose]();
  const found = (): Promise<EnumeratedLogProbs> =>
    enumeratedLogProbs((tokens) => reshape(ensemble.logProbs(state.value.params, tokens), [...tokens.shape, VOCABULARY]), {
      start: START,
      end: END,
      symbols: [0, 1],
      longest: longest!,
    });
  return {
    async values() {
      const { strings: of } = await found();
      const all = of.flatMap((x) => [...x]);
      return { strings: [all.length - 1], mass: [all.reduce((total, x) => total + Math.exp(x), 0)] };
    },
    async iterate(n) {
      for (let i = 0; i < n; i++) await found();
    },
  };
}
