import { join } from "node:path";
import type { RunOptions } from "@lab/tensor-core";
import { progress, silent } from "@lab/tensor-core/report";

/** How a run of so many steps is kept and shown. */
export type Kept = (name: string, steps: number) => Pick<RunOptions<never, never, never, never>, "steps" | "checkpoint" | "progress">;

export type Keeping = {
  readonly folder: string;
  readonly resume: boolean;
  /** What the runs depend on beyond their keys. */
  readonly config: NonNullable<NonNullable<RunOptions<never, never, never, never>["checkpoint"]>["config"]>;
  readonly quiet: boolean;
};

/**
 * Several runs that are shown as one job of `total` steps. Each keeps its state in a folder of its own: with --resume a finished one is read, and a started
 * one goes on.
 */
export function job(label: string, total: number, { folder, resume, config, quiet }: Keeping): Disposable & { readonly kept: Kept } {
  const shown = quiet ? silent : progress(label, total);
  let before = 0;
  return {
    kept(name, steps) {
      const from = before;
      before += steps;
      return {
        steps,
        checkpoint: { path: join(folder, name), every: 50, resume, config },
        progress: { update: (step, figures) => shown.update(from + step, figures), [Symbol.dispose]() {} },
      };
    },
    [Symbol.dispose]: () => shown[Symbol.dispose](),
  };
}
