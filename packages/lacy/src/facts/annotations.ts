import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { annotated, type AnnotationTask } from "./annotation-worker.ts";
import { taggerOf, type Annotation, type TaggerSettings } from "./annotation.ts";

/** A text with the name that its annotation will have. */
export type Annotated = { readonly id: string; readonly text: string };

export type AnnotationsOptions = TaggerSettings & {
  /** Worker threads: as many as there are cores unless told; 0 for none. */
  readonly threads?: number;
  /** Stops the work. */
  readonly signal?: AbortSignal;
};

/** Characters of a batch: long enough to outweigh its way to a worker, short enough for all to have one. */
const BATCH = 200_000;

/**
 * Annotates texts in parallel, and gives annotations in the order of the texts. Only a few batches are in memory at a time.
 *
 * @throws RangeError for settings that are none; what the texts throw; the signal's reason
 * @example
 * ```ts
 * import { annotations } from "@lab/lacy/facts";
 * const found = [];
 * for await (const { facts } of annotations([{ id: "7", text: "It opened in 1974." }], { tagger: "compromise", threads: 0 })) found.push(...facts);
 * found; // => [ [ 13, 17, 'Year' ] ]
 * ```
 */
export async function* annotations(
  texts: Iterable<Annotated> | AsyncIterable<Annotated>,
  { threads = availableParallelism(), signal, ...settings }: AnnotationsOptions,
): AsyncGenerator<Annotation> {
  if (!(Number.isInteger(threads) && threads >= 0)) throw new RangeError(`Cannot annotate: threads must be a whole number, got ${threads}`);
  taggerOf(settings);
  const workers = threads === 0 ? undefined : await pool(threads);
  const pending: Promise<Annotation[]>[] = [];
  try {
    for await (const batch of batches(texts)) {
      signal?.throwIfAborted();
      const task: AnnotationTask = { settings, texts: batch };
      if (workers === undefined) {
        yield* annotated(task);
        continue;
      }
      const work: Promise<Annotation[]> = workers.run(task);
      // It is awaited in its turn; until then a failure is not an unhandled one.
      work.catch(() => undefined);
      pending.push(work);
      if (pending.length > 2 * threads) yield* await pending.shift()!;
    }
    for (const work of pending) {
      yield* await work;
      signal?.throwIfAborted();
    }
  } finally {
    await workers?.destroy();
  }
}

async function* batches(texts: Iterable<Annotated> | AsyncIterable<Annotated>): AsyncGenerator<Annotated[]> {
  let batch: Annotated[] = [];
  let characters = 0;
  for await (const { id, text } of texts) {
    batch.push({ id, text });
    characters += text.length;
    if (characters < BATCH) continue;
    yield batch;
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

async function pool(threads: number): Promise<{ run(task: AnnotationTask): Promise<Annotation[]>; destroy(): Promise<void> }> {
  const { Piscina } = await import("piscina");
  const isSource = import.meta.url.endsWith(".ts");
  const filename = fileURLToPath(new URL(isSource ? "./annotation-worker.ts" : "./annotation-worker.js", import.meta.url));
  const loader = (): string => pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return new Piscina<AnnotationTask, Annotation[]>({
    filename,
    name: "annotated",
    minThreads: threads,
    maxThreads: threads,
    ...(isSource && { execArgv: ["--conditions=@lab/source", "--import", loader()] }),
  });
}
