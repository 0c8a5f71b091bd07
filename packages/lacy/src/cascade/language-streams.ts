import { tensor1d, tensor2d, zeros, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { extended, jit, keyValueCache, logProbs, own, readSync, type Decoder, type DecoderParams, type KeyValueCache, type Token } from "@lab/tensor-core";
import type { SmallModel } from "./generate.ts";

/** New tokens are fed in blocks of this length, and one by one: two graphs serve all prefixes. */
const BLOCK = 16;

/** Streams of one decoder, lent one at a time. */
export interface LanguageStreams extends Disposable {
  readonly vocabulary: number;
  /** A stream, once one is free: dispose of it to give it back. Throws the signal's reason while it waits. */
  stream(options?: { readonly signal?: AbortSignal | undefined }): Promise<SmallModel & Disposable>;
  /** Streams lent, and those that wait for one. */
  readonly busy: number;
  readonly waiting: number;
}

type Asked = { readonly slot: number; readonly wanted: readonly Token[]; resolve(logits: Float32Array): void; reject(error: unknown): void };

/**
 * One decoder for several texts at a time: what the streams ask within one turn of the event loop is answered by one call for all, with one cache of keys and values [stream, head, capacity, depth].
 *
 * A prefix that goes on from the one before it costs its new tokens only. A prefix longer than the context is cut in front, by half a context at a time. The parameters are borrowed.
 *
 * @throws RangeError for a start outside the vocabulary, less than one stream, and from a stream for tokens outside the vocabulary; Error once it is disposed of
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { languageStreams } from "@lab/lacy";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 1, channels: 8, heads: 2 });
 * using streams = languageStreams(model, model.init(key(0)), { start: 0, streams: 2 });
 * using a = await streams.stream();
 * (await a.logProbs([3, 1, 4])).length; // => 50
 * ```
 */
export function languageStreams(
  decoder: Decoder,
  params: DecoderParams,
  { start, streams = 1 }: { readonly start: Token; readonly streams?: number },
): LanguageStreams {
  const { vocabulary, context } = decoder.shape;
  const stray = (token: Token): boolean => !(Number.isInteger(token) && token >= 0 && token < vocabulary);
  if (stray(start)) throw new RangeError(`Cannot lend streams: expected a start below ${vocabulary}, got ${start}`);
  const step = jit((at: DecoderParams, cache: KeyValueCache, tokens: Tensor2D, counts: Tensor1D) => extended(decoder, at, { cache, tokens, counts }));
  const state = own(() => ({ cache: keyValueCache(decoder, streams), logits: zeros([streams, vocabulary]) as Tensor2D }));
  const known: Token[][] = Array.from({ length: streams }, () => []);
  const free = Array.from({ length: streams }, (_, slot) => slot);
  const line: { give(slot: number): void }[] = [];
  let [queue, due, open]: [Asked[], boolean, boolean] = [[], false, true];

  /** Feeds the next tokens of each that asks; the other streams get none. */
  function feed(asked: readonly Asked[]): void {
    const rests = new Map(asked.map(({ slot, wanted }) => [slot, wanted.slice(known[slot]!.length)]));
    const fits = asked.every(({ slot }) => known[slot]!.length + BLOCK <= context);
    const length = fits && [...rests.values()].some((rest) => rest.length > 1) ? BLOCK : 1;
    const rows = known.map((_, slot) => Array.from({ length }, (_, i) => rests.get(slot)?.[i] ?? 0));
    // A stream that asks nothing gets no token: of count 0, at a place that surely exists.
    const counts = known.map((_, slot) => Math.min(length, rests.get(slot)?.length ?? 0));
    using none = state.advance(({ cache }) => {
      const at = {
        ...cache,
        lengths: tensor1d(
          known.map((tokens, slot) => (rests.has(slot) ? tokens.length : 0)),
          "int32",
        ),
      };
      return [step(params, at, tensor2d(rows, [streams, length], "int32"), tensor1d(counts, "int32")), null];
    });
    for (const [slot, rest] of rests) known[slot]!.push(...rest.slice(0, length));
  }
  function flush(): void {
    due = false;
    let waiting = queue;
    queue = [];
    try {
      while (waiting.length > 0) {
        if (!open) throw new Error("Cannot ask a stream: its decoder was disposed of");
        feed(waiting);
        const ready = waiting.filter(({ slot, wanted }) => known[slot]!.length === wanted.length);
        waiting = waiting.filter((each) => !ready.includes(each));
        if (ready.length === 0) continue;
        const data = Float32Array.from(readSync(state.value.logits).data);
        for (const { slot, resolve } of ready) resolve(data.slice(slot * vocabulary, (slot + 1) * vocabulary));
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
  function logits(slot: number, prefix: readonly Token[]): Promise<Float32Array> {
    const wrong = prefix.find(stray);
    if (wrong !== undefined) return Promise.reject(new RangeError(`Cannot ask a stream: expected tokens below ${vocabulary}, got ${wrong}`));
    const half = Math.max(1, Math.floor(context / 2));
    const cut = Math.max(0, Math.ceil((prefix.length + 1 - context) / half)) * half;
    const wanted = [start, ...prefix.slice(cut)];
    const differs = wanted.findIndex((token, i) => token !== known[slot]![i]);
    // The logits are those after the last token fed: it is fed again where the prefix is known already.
    known[slot]!.length = Math.min(known[slot]!.length, differs < 0 ? wanted.length - 1 : differs);
    return new Promise((resolve, reject) => {
      queue.push({ slot, wanted, resolve, reject });
      if (!due) setImmediate(flush);
      due = true;
    });
  }
  function lent(slot: number): SmallModel & Disposable {
    let mine = true;
    const ask = (prefix: readonly Token[]): Promise<Float32Array> =>
      mine ? logits(slot, prefix) : Promise.reject(new Error("Cannot ask a stream: it was given back"));
    return {
      vocabulary,
      logits: ask,
      logProbs: async (prefix) => logProbs(await ask(prefix)),
      [Symbol.dispose]() {
        if (!mine) return;
        mine = false;
        const next = line.shift();
        if (next === undefined) free.push(slot);
        else next.give(slot);
      },
    };
  }
  return {
    vocabulary,
    stream({ signal } = {}) {
      if (!open) return Promise.reject(new Error("Cannot lend a stream: the decoder was disposed of"));
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      const slot = free.pop();
      if (slot !== undefined) return Promise.resolve(lent(slot));
      return new Promise((resolve, reject) => {
        const left = (): void => {
          line.splice(line.indexOf(place), 1);
          reject(signal!.reason as Error);
        };
        const place = {
          give(slot: number): void {
            signal?.removeEventListener("abort", left);
            resolve(lent(slot));
          },
        };
        line.push(place);
        signal?.addEventListener("abort", left, { once: true });
      });
    },
    get busy() {
      return streams - free.length;
    },
    get waiting() {
      return line.length;
    },
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      state[Symbol.dispose]();
      step[Symbol.dispose]();
    },
  };
}
