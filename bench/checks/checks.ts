import { annotate } from "./annotate.ts";
import { effectiveSamples } from "./effective-samples.ts";
import { lacyStep } from "./lacy-step.ts";
import { ladder } from "./ladder.ts";
import { enumeration } from "./enumeration.ts";
import { memory } from "./memory.ts";
import { membersTogether } from "./members-together.ts";
import { samFit } from "./sam-fit.ts";
import { samStep } from "./sam-step.ts";
import { startup } from "./startup.ts";

/** What a check found: for the record, and for the reader. */
export type Finding = { readonly report: object; readonly text: string };

/** A measurement of ours alone. */
export type Check = (options: { readonly threads: number }) => Promise<Finding>;

export const CHECKS: { readonly [name: string]: Check } = {
  annotate,
  "hmc-ess": effectiveSamples,
  "hmc-ladder": ladder,
  "lm-lacy": lacyStep,
  "probes-enumeration": enumeration,
  "probes-together": membersTogether,
  startup,
  memory,
  "sam-fit": samFit,
  "sam-step": samStep,
};
