import type { SingleBar } from "cli-progress";
import { duration } from "./duration.ts";
import { significant } from "./significant.ts";

/** The numbers worth watching, by name. */
export type Figures = { readonly [name: string]: number };

/** How far a job is. `update` is called after every step, so it costs next to nothing; disposing of it ends the display. */
export interface Progress extends Disposable {
  /** `figures` may be a function, which is called only when something is about to be shown. */
  update(step: number, figures?: Figures | (() => Figures)): void;
}

/** Where a display writes: a Node stream, or anything with its `write`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export type ProgressOptions = {
  /** The step a resumed job starts at: rate and remaining time count from here. */
  readonly start?: number;
  /** What one step is called, in the plural. */
  readonly unit?: string;
  /** Standard error by default, so that standard output stays the program's. */
  readonly stream?: ProgressStream;
  /** Seconds between two lines when the stream is not a terminal. */
  readonly every?: number;
  /** The clock, milliseconds. */
  readonly now?: () => number;
};

const REDRAW = 0.1;

/**
 * A display that shows nothing.
 *
 * @example
 * ```ts
 * import { silent } from "@lab/tensor-core/report";
 * silent.update(1); // => undefined
 * ```
 */
export const silent: Progress = { update() {}, [Symbol.dispose]() {} };

/**
 * Shows how far a job of `total` steps is, with its rate, the time it still needs and its key figures: a bar on a terminal,
 * elsewhere a plain line every few seconds.
 *
 * @throws RangeError unless `total` is a whole number ≥ 0, and `start` one in [0, total]
 * @example
 * ```ts
 * import { progress } from "@lab/tensor-core/report";
 * let shown = "";
 * {
 *   using bar = progress("sampling", 2, { stream: { write: (text) => (shown += text) }, now: () => 0 });
 *   bar.update(1);
 *   bar.update(2, { acceptance: 0.831 });
 * }
 * shown; // => 'sampling  2/2 steps in 0 s · acceptance 0.831\n'
 * ```
 */
export function progress(
  label: string,
  total: number,
  { start = 0, unit = "steps", stream = standardError(), every = 5, now = () => performance.now() }: ProgressOptions = {},
): Progress {
  if (!Number.isSafeInteger(total) || total < 0) throw new RangeError(`Cannot show progress: total must be a whole number ≥ 0, got ${total}`);
  if (!Number.isSafeInteger(start) || start < 0 || start > total)
    throw new RangeError(`Cannot show progress: start must be a whole number in [0, ${total}], got ${start}`);
  const began = now();
  const pause = (stream.isTTY === true ? REDRAW : every) * 1000;
  let due = began + pause;
  let step = start;
  let figures: Figures = {};
  let pending: Figures | (() => Figures) | undefined;
  let open = true;
  const bar = stream.isTTY === true ? terminalBar(label, total, start, stream) : undefined;

  function words(): string {
    const seconds = (now() - began) / 1000;
    const rate = (step - start) / seconds;
    if (pending !== undefined) figures = typeof pending === "function" ? pending() : pending;
    pending = undefined;
    const ended = open
      ? `${significant(rate)} ${unit}/s · ${duration((total - step) / rate)} left`
      : `in ${duration(seconds)}${rate > 0 && rate < Infinity ? ` (${significant(rate)}/s)` : ""}`;
    return [`${step}/${total} ${unit} ${open ? "· " : ""}${ended}`, ...Object.entries(figures).map(([name, value]) => `${name} ${significant(value)}`)].join(
      " · ",
    );
  }

  return {
    update(at, seen): void {
      step = at;
      if (seen !== undefined) pending = seen;
      const time = now();
      if (time < due || !open) return;
      due = time + pause;
      if (bar === undefined) stream.write(`${label}  ${words()}\n`);
      else bar.draw(step, words());
    },
    [Symbol.dispose](): void {
      if (!open) return;
      open = false;
      bar?.end();
      stream.write(`${label}  ${words()}\n`);
    },
  };
}

/** A bar that appears once its library is loaded: most jobs are over before a bar would help. */
function terminalBar(label: string, total: number, start: number, stream: ProgressStream): { draw(step: number, text: string): void; end(): void } {
  let bar: SingleBar | undefined;
  let over = false;
  void import("cli-progress").then(
    ({ default: { Presets, SingleBar } }) => {
      if (over) return;
      const width = Math.max(8, Math.min(24, Math.floor((stream.columns ?? 80) / 5)));
      const options = {
        format: `${label}  {bar} {text}`,
        stream: stream as NodeJS.WritableStream,
        barsize: width,
        clearOnComplete: true,
        hideCursor: null,
        gracefulExit: false,
        linewrap: false,
        autopadding: false,
      };
      bar = new SingleBar(options, Presets.shades_classic);
      bar.start(total, start, { text: "" });
    },
    () => undefined,
  );
  return {
    draw: (step, text) => bar?.update(step, { text }),
    end(): void {
      over = true;
      bar?.stop();
    },
  };
}

function standardError(): ProgressStream {
  return (globalThis as { process?: { stderr?: ProgressStream } }).process?.stderr ?? { write: (text) => console.info(text.trimEnd()) };
}
