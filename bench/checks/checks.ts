import { annotate } from "./annotate.ts";
import { lacyStep } from "./lacy-step.ts";
import { memory } from "./memory.ts";
import { samFit } from "./sam-fit.ts";
import { startup } from "./startup.ts";

/** What a check found: for the record, and for the reader. */
export type Finding = { readonly report: object; readonly text: string };

/** A measurement of ours alone. */
export type Check = (options: { readonly threads: number }) => Promise<Finding>;

export const CHECKS: { readonly [name: string]: Check } = { annotate, "lm-lacy": lacyStep, startup, memory, "sam-fit": samFit };
