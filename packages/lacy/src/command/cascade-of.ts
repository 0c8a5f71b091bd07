import { key } from "@lab/tensor-core";
import { runningQuantile } from "../cascade/call-budget.ts";
import { localContinuation, type Continuation } from "../cascade/continuation.ts";
import { endpointContinuation } from "../cascade/endpoint.ts";
import { callControl, generate, type CallControl } from "../cascade/generate.ts";
import { languageStreams } from "../cascade/language-streams.ts";
import type { TextSource } from "../serve/request.ts";
import { numberOf, type TextFlag } from "./flag.ts";
import { CALL, modelFolder, type ModelFolder } from "./model-folder.ts";

export const CASCADE_FLAGS: {
  readonly model: TextFlag & { readonly required: true };
  readonly large: TextFlag;
  readonly cache: TextFlag;
  readonly budget: TextFlag & { readonly default: string };
} = {
  model: { type: "string", required: true, valueHint: "folder", description: "The small model, as `lacy train` writes it" },
  large: { type: "string", valueHint: "model", description: "Who answers calls: a folder, or endpoint:MODEL@URL" },
  cache: { type: "string", valueHint: "folder", description: "Where answers of an endpoint are kept" },
  budget: { type: "string", default: "0.22", description: "Calls among decisions, 0 to 1" },
};

export type CascadeFlags = { readonly model: string; readonly large?: string | undefined; readonly cache?: string | undefined; readonly budget: string };

/** A cascade from its flags: a source of text, and what it owns. */
export async function cascadeOf(
  { model: path, large: named, cache, budget }: CascadeFlags,
  streams: number,
): Promise<{ readonly small: ModelFolder; readonly source: TextSource; readonly control: CallControl } & Disposable> {
  const control = callControl(runningQuantile({ rate: numberOf("budget", budget) }));
  const owned = disposables();
  try {
    const small = await modelFolder(path);
    owned.use(small.params);
    if (small.tokenizer.specials[CALL] !== small.model.shape.vocabulary - 1) throw new Error(`Cannot use ${path}: expected ${CALL} as the last token`);
    const own = owned.use(languageStreams(small.model, small.params.value, { start: small.end, streams }));
    const large = await largeOf(named, cache, { owned, streams });
    const source: TextSource = async function* (prompt, { seed, ...options }) {
      using stream = await own.stream({ signal: options.signal });
      yield* generate(stream, prompt, {
        tokenizer: small.tokenizer,
        end: small.end,
        control,
        key: key(seed),
        ...(large !== undefined && { large }),
        ...options,
      });
    };
    return { small, source, control, [Symbol.dispose]: () => owned[Symbol.dispose]() };
  } catch (error) {
    owned[Symbol.dispose]();
    throw error;
  }
}

async function largeOf(
  named: string | undefined,
  cache: string | undefined,
  { owned, streams }: { readonly owned: Disposables; readonly streams: number },
): Promise<Continuation | undefined> {
  if (named === undefined) return undefined;
  const remote = /^endpoint:(.+)@(https?:.+)$/u.exec(named);
  if (remote !== null) return endpointContinuation({ model: remote[1]!, baseURL: remote[2]!, ...(cache !== undefined && { cache }) });
  const { tokenizer, end, model, params } = await modelFolder(named);
  owned.use(params);
  const lent = owned.use(languageStreams(model, params.value, { start: end, streams }));
  return {
    async continue(text, options = {}) {
      using stream = await lent.stream(options);
      // Awaited here: the stream is given back where this function ends.
      return await localContinuation(stream, { tokenizer, end }).continue(text, options);
    },
  };
}

/** What is to be freed, the last first: Node 20 has no DisposableStack. */
interface Disposables extends Disposable {
  use<T extends Disposable>(value: T): T;
}

function disposables(): Disposables {
  const held: Disposable[] = [];
  return {
    use(value) {
      held.push(value);
      return value;
    },
    [Symbol.dispose]() {
      for (const each of held.splice(0).toReversed()) each[Symbol.dispose]();
    },
  };
}
