import type { Autoregressive } from "@lab/tensor-core";

/** A model and one made from it, and what the likelihood can see of the difference. */
export type Twin = {
  readonly model: Autoregressive;
  /** KL(original ‖ model), nats per sequence. */
  readonly kl: number;
  /** Whether `kl` is the divergence, or only never below it. */
  readonly exact: boolean;
};
