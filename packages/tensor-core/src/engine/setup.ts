import { progress, type Progress } from "../report/progress.ts";
import { installNative, ToolsMissing, type InstallOptions, type Listener } from "./install.ts";
import { ownScript } from "./own-script.ts";
import type { Watch } from "./wheel.ts";

/** How the machine stands after an attempt to install; `failed` where it could have worked and something broke. */
export type Outcome = {
  readonly status: "installed" | "already" | "wasm" | "failed";
  readonly engine: "native" | "wasm";
  readonly folder?: string;
  readonly tensorflow?: string;
  readonly seconds: number;
  /** Why it is not the native engine, one line each. */
  readonly reasons: readonly string[];
};

export type SetupOptions = Pick<InstallOptions, "force" | "engines" | "steps"> & {
  /** Whether to tell the user on standard error. */
  readonly shown?: boolean;
  /** Whether to tell only what takes time or went wrong. */
  readonly quiet?: boolean;
  /** tfjs-node's own installation; true where it left a binding. */
  readonly script?: (say: (line: string) => void) => Promise<{ readonly ok: boolean; readonly reason: string }>;
};

/**
 * Installs the native engine in the first way that works: from TensorFlow's wheel, else by tfjs-node's own script where its server answers
 * within seconds. Else programs run on WebAssembly, and the outcome says what is missing. Never throws.
 */
export async function setup({ shown = true, quiet = false, script = ownScript, ...options }: SetupOptions = {}): Promise<Outcome> {
  const began = performance.now();
  const say = (line: string): void => {
    if (shown) process.stderr.write(`${line}\n`);
  };
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  using listener = display(shown);
  try {
    const { folder, manifest, already } = await installNative({ ...options, listener });
    listener.end();
    if (!already || !quiet) say(`native engine ${already ? "already there" : "ready"}: TensorFlow ${manifest.tensorflow} in ${folder}`);
    return { status: already ? "already" : "installed", engine: "native", folder, tensorflow: manifest.tensorflow, seconds: seconds(), reasons: [] };
  } catch (error) {
    listener.end();
    const missing = error instanceof ToolsMissing ? error.missing : [(error as Error).message];
    const own = await script(say);
    if (own.ok) {
      say("native engine ready: built by tfjs-node's own script");
      return { status: "installed", engine: "native", seconds: seconds(), reasons: [] };
    }
    const reasons = [...missing, own.reason];
    const broken = !(error instanceof ToolsMissing);
    say(`${broken ? "The native engine could not be installed" : "The native engine is not installed"}; programs run on WebAssembly, several times slower:`);
    for (const reason of reasons) say(`  - ${reason.replaceAll("\n", "\n    ")}`);
    return { status: broken ? "failed" : "wasm", engine: "wasm", seconds: seconds(), reasons };
  }
}

/** Shows each stage: those that count bytes with a bar, the others by a line. */
function display(shown: boolean): Listener & Disposable & { end(): void } {
  let bar: Progress | undefined;
  const end = (): void => {
    bar?.[Symbol.dispose]();
    bar = undefined;
  };
  return {
    stage(title): Watch {
      end();
      if (!shown) return () => {};
      let begun = false;
      if (!/^(downloading|unpacking)/.test(title)) process.stderr.write(`${title}\n`);
      return (done, total) => {
        if (total === undefined) return;
        if (!begun) bar = progress(title, Math.ceil(total / 1e6), { unit: "MB", every: 5 });
        begun = true;
        bar?.update(Math.min(Math.round(done / 1e6), Math.ceil(total / 1e6)));
      };
    },
    end,
    [Symbol.dispose]: end,
  };
}
