import type { Tensor2D } from "@tensorflow/tfjs-core";

/** u ~ U[0, 1) for each token, [batch, time], drawn from the key of the step: so that a selection at random is a pure function of what is known. */
export type Noise = { readonly noise: Tensor2D };
