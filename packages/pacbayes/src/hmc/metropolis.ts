import { exp, greater, isNaN as isNan, less, logicalAnd, logicalNot, minimum, neg, where, zerosLike, type Tensor } from "@tensorflow/tfjs-core";
import { uniform, type Key } from "@lab/tensor-core";

/** What became of each chain's proposal: [chain]. */
export type Verdict = { readonly acceptance: Tensor; readonly accepted: Tensor; readonly divergent: Tensor };

/**
 * Accept with probability min(1, e^{−ΔH}) [Metropolis1953; Neal2011, §2.3], each chain for itself; ΔH [chain], nats.
 *
 * NaN rejects, with acceptance 0, and is divergent, as is a ΔH above `divergence` or below −`divergence`.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { metropolis } from "@lab/pacbayes";
 * const { accepted, divergent } = metropolis(key(1), tensor1d([-1, NaN]));
 * [...accepted.dataSync(), ...divergent.dataSync()]; // => [ 1, 0, 0, 1 ]
 * ```
 */
export function metropolis(key: Key, energyChange: Tensor, { divergence = 1000 }: { readonly divergence?: number } = {}): Verdict {
  const exact = exp(minimum(neg(energyChange), 0));
  const acceptance = where(isNan(energyChange), zerosLike(exact), exact);
  return {
    acceptance,
    accepted: less(uniform(key, energyChange.shape), acceptance),
    // Written so that NaN is divergent.
    divergent: logicalNot(logicalAnd(less(energyChange, divergence), greater(energyChange, -divergence))),
  };
}
