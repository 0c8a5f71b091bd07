import type { Autoregressive, Token } from "@lab/tensor-core";

/** A model and the symbol that closes its sequences. */
export type ClosedModel = { readonly model: Autoregressive; readonly end: Token };
