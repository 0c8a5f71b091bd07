import type { Tensor } from "@tensorflow/tfjs-core";
import { jit } from "@lab/tensor-core";
import {
  boundedCrossEntropy,
  clampedCrossEntropy,
  empiricalRisk,
  gibbsPosterior,
  unwhitened,
  wideMlp,
  zeroOne,
  type Energy,
  type GaussianPrior,
  type WideMlp,
} from "@lab/pacbayes";
import type { Sample } from "./sample.ts";

/** p_min of the clamped cross entropy of [PerezOrtiz2021] on MNIST. */
const LEAST = 1e-5;

/** Risks of every chain's network, [chain] each: zero-one and clamped cross entropy on S, zero-one on the test digits. */
export type Errors = (position: WideMlp) => { readonly risk01: Tensor; readonly clamped: Tensor; readonly test01: Tensor };

/** What both posteriors share: prior, loss and sample, as the energy U = n r̂, and the risks under other losses. */
export type Target = { readonly prior: GaussianPrior<WideMlp>; readonly energy: Energy<WideMlp>; readonly errors: Errors };

export function targetOf(prior: GaussianPrior<WideMlp>, { train, test }: Sample): Target {
  return {
    prior,
    energy: gibbsPosterior((w: WideMlp) => boundedCrossEntropy(wideMlp(w, train.x), train.y), { prior }),
    errors: jit((position: WideMlp) => {
      const w = unwhitened(prior, position);
      const logits = wideMlp(w, train.x);
      return {
        risk01: empiricalRisk(zeroOne(logits, train.y)),
        clamped: empiricalRisk(clampedCrossEntropy(logits, train.y, { least: LEAST })),
        test01: empiricalRisk(zeroOne(wideMlp(w, test.x), test.y)),
      };
    }),
  };
}
