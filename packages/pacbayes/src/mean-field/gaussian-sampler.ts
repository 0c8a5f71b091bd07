import { sum, type Tensor } from "@tensorflow/tfjs-core";
import type { Algorithm, Params } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { meanFieldDraw, type MeanField } from "./mean-field.ts";

/** The Gaussian, and its last draw: whitened, [chain, …]. */
export type GaussianDraw<P extends Params> = { readonly posterior: MeanField<P>; readonly position: P };

/**
 * Exact, independent draws u = m + e^{s} ⊙ z with their energies U = n r̂: of the prior where m = s = 0, of a mean-field Gaussian otherwise.
 *
 * The first rung of a ladder costs no Markov chain, and certificates by exact draws hold as they stand.
 *
 * @example
 * ```ts
 * import { square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { gaussianPrior, gaussianSampler, meanFieldAtPrior } from "@lab/pacbayes";
 * const start = meanFieldAtPrior(gaussianPrior({ w: zeros([1, 3]) }, { scale: 1 }), { runs: 4 });
 * using draws = await run(gaussianSampler(({ w }: { w: Tensor }) => square(w)), start, { key: key(1), steps: 5, record: (_, info) => info });
 * draws.trace.likelihood.shape; // => [ 5, 4 ]
 * ```
 */
export function gaussianSampler<P extends Params>(energy: Energy<P>): Algorithm<MeanField<P>, GaussianDraw<P>, { readonly likelihood: Tensor }> {
  return {
    init: (posterior) => ({ posterior, position: posterior.mean }),
    step(key, { posterior }) {
      const position = meanFieldDraw(key, posterior);
      return [{ posterior, position }, { likelihood: sum(energy(position), 1) }];
    },
  };
}
