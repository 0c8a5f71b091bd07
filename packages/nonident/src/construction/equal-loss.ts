import { logProbs, type Autoregressive } from "@lab/tensor-core";
import type { Extent } from "../equivalence/compared.ts";
import { sequenceKl } from "../equivalence/sequence-kl.ts";
import { prefixLogProb } from "./prefix-log-prob.ts";
import type { Twin } from "./twin.ts";

export type EqualLossOptions = Extent & {
  /** KL(data ‖ result) asked for, nats per sequence: that of the model whose loss is to be met. */
  readonly kl: number;
  /** How near to `kl` is near enough, nats per sequence. */
  readonly tolerance?: number;
};

/** A student brought to a loss, and how much of its teacher it took. */
export type EqualLoss = Twin & {
  /** λ: 0 is the student, 1 the data. */
  readonly taken: number;
};

const HALVINGS = 200;

/**
 * q_λ(· | x) = λ p(· | x) + (1 − λ) s(· | x) with λ such that KL(p ‖ q_λ) is as asked: distillation of the data p into a student s, stopped at the loss of
 * another model.
 *
 * L(q) = H(p) + KL(p ‖ q), so two students at one KL have one test loss, whatever they do elsewhere. KL is convex in q at each step and so falls in λ
 * from KL(p ‖ s) to 0: any smaller value is met. After prefixes of probability zero under p the result answers as the student.
 *
 * @throws RangeError unless 0 < kl ≤ KL(p ‖ s), or where the models cannot be compared
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { equalLoss } from "@lab/nonident";
 * const coin = (heads: number) => tabular([[[0], heads], [[1], 1 - heads]], { vocabulary: 3, end: 2 });
 * (await equalLoss(coin(0.5), coin(0.9), { kl: 0.1, end: 2, longest: 2 })).kl.toFixed(6); // => '0.100000'
 * ```
 */
export async function equalLoss(p: Autoregressive, student: Autoregressive, { kl, end, longest, tolerance = 1e-12 }: EqualLossOptions): Promise<EqualLoss> {
  if (!(kl > 0)) throw new RangeError(`Cannot bring a student to a loss: expected a divergence above 0, got ${kl}`);
  const mixed = (taken: number): Autoregressive => ({
    vocabulary: p.vocabulary,
    async logProbs(prefix) {
      const [ofP, ofS, reached] = await Promise.all([p.logProbs(prefix), student.logProbs(prefix), prefixLogProb(p, prefix)]);
      if (taken === 0 || reached === -Infinity) return ofS;
      return logProbs(ofP.map((l, v) => Math.log(taken * Math.exp(l) + (1 - taken) * Math.exp(ofS[v]!))));
    },
  });
  const klAt = async (taken: number): Promise<number> => (await sequenceKl([p, mixed(taken)], { end, longest })).value;
  const farthest = await klAt(0);
  if (!(kl <= farthest)) throw new RangeError(`Cannot bring a student to a loss: expected at most the divergence that it has, ${farthest}, got ${kl}`);
  let [low, high] = [0, 1];
  let taken = 0;
  let found = farthest;
  for (let i = 0; i < HALVINGS && Math.abs(found - kl) > tolerance; i++) {
    taken = (low + high) / 2;
    if (taken === low || taken === high) break;
    found = await klAt(taken);
    if (found > kl) low = taken;
    else high = taken;
  }
  return { model: mixed(taken), kl: found, exact: true, taken };
}
