import { join } from "node:path";
import type { RunOptions } from "@lab/tensor-core";
import { progress, silent, type Progress } from "@lab/tensor-core/report";

/** How a run of so many steps is kept and shown; each counts as `weight` units of its job's work, 1 if nothing is said. */
export type Kept = (name: string, steps: number, weight?: number) => Pick<RunOptions<never, never, never, never>, "steps" | "checkpoint" | "progress">;

export type Keeping = {
  readonly folder: string;
  readonly resume: boolean;
  /** What the runs depend on beyond their keys. */
  readonly config: NonNullable<NonNullable<RunOptions<never, never, never, never>["checkpoint"]>["config"]>;
  readonly quiet: boolean;
  /** Steps between two checkpoints. */
  readonly every: number;
};

/**
 * Several runs that are shown as one job of `total` units of work. Each keeps its state in a folder of its own: with --resume a finished one is read, and a
 * started one goes on. The display begins with the first step that is really taken, so that its rate and its estimate leave out what was only read.
 */
export function job(label: string, total: number, { folder, resume, config, quiet, every }: Keeping): Disposable & { readonly kept: Kept } {
  let shown: Progress | undefined = quiet ? silent : undefined;
  let before = 0;
  return {
    kept(name, steps, weight = 1) {
      const from = before;
      before += steps * weight;
      const at = (step: number): number => Math.min(total, from + step * weight);
      return {
        steps,
        checkpoint: { path: join(folder, name), every, resume, config },
        progress: {
          update(step, figures) {
            shown ??= progress(label, total, { start: at(step - 1), unit: "units" });
            shown.update(at(step), figures);
          },
          [Symbol.dispose]() {},
        },
      };
    },
    [Symbol.dispose]: () => shown?.[Symbol.dispose](),
  };
}
