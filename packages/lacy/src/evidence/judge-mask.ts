import type { Mask } from "../selection/selector.ts";

/** Whether a language model that was asked calls a token factual, [batch, time]. */
export type JudgeMask = { readonly judged: Mask };
