import type { Mask } from "../selection/selector.ts";

/** Whether a token carries a fact, by a parser, [batch, time]. It belongs to the occurrence, not to the token. */
export type FactMask = { readonly factual: Mask };
