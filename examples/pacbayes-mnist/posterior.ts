import type { Tensor } from "@tensorflow/tfjs-core";
import { jit } from "@lab/tensor-core";
import { boundedCrossEntropy, empiricalRisk, gibbsPosterior, unwhitened, wideMlp, zeroOne, type Energy, type GaussianPrior, type WideMlp } from "@lab/pacbayes";
import type { Sample } from "./sample.ts";

/** Risks of every chain's network, [chain] each. */
export type Errors = (position: WideMlp) => { readonly risk01: Tensor; readonly test01: Tensor };

/** What both posteriors share: prior, loss and sample, as the energy U = n r̂, and the zero-one risks on S and on the test digits. */
export type Target = { readonly prior: GaussianPrior<WideMlp>; readonly energy: Energy<WideMlp>; readonly errors: Errors };

export function targetOf(prior: GaussianPrior<WideMlp>, { train, test }: Sample): Target {
  return {
    prior,
    energy: gibbsPosterior((w: WideMlp) => boundedCrossEntropy(wideMlp(w, train.x), train.y), { prior }),
    errors: jit((position: WideMlp) => {
      const w = unwhitened(prior, position);
      return { risk01: empiricalRisk(zeroOne(wideMlp(w, train.x), train.y)), test01: empiricalRisk(zeroOne(wideMlp(w, test.x), test.y)) };
    }),
  };
}
