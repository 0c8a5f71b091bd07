import type { Key, MeanField, Params } from "@lab/tensor-core";

/**
 * u: where to look from the mean, in units of the scale: the loss is met at mean + σ ⊙ u, and ‖u‖ is √D, or is so in mean square.
 *
 * SAM and mean-field VI differ only here [Ujvary2022]. `grad` is the gradient of the batch's loss at a point; a direction that needs none does not
 * pay for it. How u depends on mean and σ is not differentiated.
 */
export type Direction = <P extends Params>(key: Key, posterior: MeanField<P>, grad: (at: P) => P) => P;
