import type { Mask } from "../selection/selector.ts";

/** Which positions there are, [batch, time], where rows are filled up: the others are in no choice and in no count. All where it is absent. */
export type CountMask = { readonly counted?: Mask };
