import type { Mask } from "../selection/selector.ts";

/** Whether a token is neither a fact nor grammar, [batch, time]: neither a name nor a function word. */
export type OtherMask = { readonly other: Mask };
