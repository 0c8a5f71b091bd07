import { adamw, descent, key, split } from "@lab/tensor-core";
import { aNbN, postNormEnsemble, type EnsembleParams, type PostNormEnsemble } from "@lab/nonident";
import { cast, mean, mul, neg, oneHot, slice, sum, tensor2d, type Scalar, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { training } from "./descent.ts";
import { asInputs, parametersOf } from "./parameters.ts";

const [START, END, PADDING, VOCABULARY] = [2, 3, 4, 5];
const LARGEST = 128;
const TIME = 2 * LARGEST + 1;

function network(): PostNormEnsemble {
  return postNormEnsemble({ vocabulary: VOCABULARY, context: TIME + 1, channels: 10, heads: 5, hidden: 1024, layers: 5 });
}

/** Strings aⁿbⁿ, the n evenly spread up to 128, closed and padded. */
export async function inputs({ members, strings }: Settings): Promise<Inputs> {
  const chosen = Array.from({ length: strings! }, (_, i) => aNbN({ largest: LARGEST }).sequences[Math.floor(((i + 1) * LARGEST) / strings!) - 1]!);
  const rows = chosen.map((string) => Array.from({ length: TIME + 1 }, (_, t) => [START, ...string, END][t] ?? PADDING));
  return { rows: tensor2d(rows, [strings!, TIME + 1], "int32"), ...asInputs(network().init(split(key(0), members!))) };
}

/** One step of AdamW for all members at once; the loss that is compared is the sum of theirs. */
export function ready(given: Inputs, { members, learningRate, weightDecay, checkedSteps, xla }: Settings): Contest {
  const ensemble = network();
  const loss = (params: EnsembleParams, rows: Tensor2D): Scalar => {
    const targets = oneHot(cast(slice(rows, [0, 1], [rows.shape[0], TIME]), "int32"), VOCABULARY, 1, 0, "float32");
    const each = neg(sum(mul(ensemble.logProbs(params, slice(rows, [0, 0], [rows.shape[0], TIME])), targets), -1));
    return mean(sum(each, 0)) as Scalar;
  };
  // The gradient of key biases is 0 but for rounding, which the usual ε would blow up to whole steps.
  const algorithm = descent(loss, { transform: adamw(learningRate!, { weightDecay: weightDecay!, eps: 1e-3 }) });
  const params = parametersOf(given, () => ensemble.init(split(key(0), members!)));
  return training(algorithm, { params, batch: given["rows"] as Tensor2D, checkedSteps: checkedSteps!, xla: xla === 1 });
}
