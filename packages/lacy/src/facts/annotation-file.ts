import { open, readFile, rm, stat, truncate } from "node:fs/promises";
import { z } from "zod";
import { factShares, type Annotation, type FactShares } from "./annotation.ts";
import { annotations, type Annotated, type AnnotationsOptions } from "./annotations.ts";

const place = z.int().min(0);
const kept = z.object({
  id: z.string(),
  facts: z.array(z.tuple([place, place, z.string()])),
  grammar: z.array(z.tuple([place, place])),
  words: place,
});

export type AnnotationFileOptions = AnnotationsOptions & {
  /** Called after each batch of annotations that is on the disk, with the words of this run and of all. */
  readonly onWords?: (counts: { readonly now: number; readonly total: number; readonly documents: number }) => void;
};

/** Annotations that are written together. */
const WRITTEN = 64;

/**
 * Annotates texts into a file of JSON Lines, one for each text, in their order, after a first line that holds the settings. A file that is there is gone on with: texts that it holds are not
 * annotated again, and half a line at its end is cut off.
 *
 * @throws Error where the file has other settings, or other texts in this order, or is none of annotations, which is left as it is; what `annotations` throws
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { annotationFile } from "@lab/lacy/facts";
 * const path = join(await mkdtemp(join(tmpdir(), "facts-")), "facts.jsonl");
 * await annotationFile(path, [{ id: "7", text: "It opened in 1974." }], { tagger: "wink", threads: 0 }); // => { documents: 1, words: 4, facts: 1, rules: { Year: 1 } }
 * ```
 */
export async function annotationFile(
  path: string,
  texts: Iterable<Annotated> | AsyncIterable<Annotated>,
  { onWords, ...settings }: AnnotationFileOptions,
): Promise<FactShares> {
  const { tagger, options = {} } = settings;
  const header = JSON.stringify({ settings: { tagger, options } });
  const done = await keptAnnotations(path, header);
  const wasThere = await stat(path).then(
    () => true,
    () => false,
  );
  const ids = done.map(({ id }) => id);
  let shares = factShares(done);
  let now = 0;
  const file = await open(path, "a");
  let isEmpty = (await file.stat()).size === 0;
  let waiting: Annotation[] = [];
  // The settings come with the first annotation: a run that fails before leaves nothing that another would have to be like.
  const begin = (): string => {
    const first = isEmpty ? `${header}\n` : "";
    isEmpty = false;
    return first;
  };
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    await file.appendFile(begin() + waiting.map((each) => `${JSON.stringify(each)}\n`).join(""));
    shares = together(shares, factShares(waiting));
    now += waiting.reduce((sum, { words }) => sum + words, 0);
    waiting = [];
    onWords?.({ now, total: shares.words, documents: shares.documents });
  };
  try {
    for await (const each of annotations(remaining(texts, { path, ids }), settings)) {
      waiting.push(each);
      if (waiting.length < WRITTEN) continue;
      await write();
      settings.signal?.throwIfAborted();
    }
    await write();
    if (isEmpty) await file.appendFile(begin());
  } finally {
    // What is done is kept, also where the texts or a worker failed.
    await write();
    await file.close();
    if (isEmpty && !wasThere) await rm(path, { force: true });
  }
  return shares;
}

function together(a: FactShares, b: FactShares): FactShares {
  const rules = { ...a.rules };
  for (const [rule, count] of Object.entries(b.rules)) rules[rule] = (rules[rule] ?? 0) + count;
  return { documents: a.documents + b.documents, words: a.words + b.words, facts: a.facts + b.facts, rules };
}

/**
 * The annotations of a file that `annotationFile` wrote, by the id of the text.
 *
 * @throws Error where the file cannot be read; TypeError, naming the line, for a line that is no annotation
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { annotationFile, readAnnotations } from "@lab/lacy/facts";
 * const path = join(await mkdtemp(join(tmpdir(), "facts-")), "facts.jsonl");
 * await annotationFile(path, [{ id: "7", text: "It opened in 1974." }], { tagger: "wink", threads: 0 });
 * (await readAnnotations(path)).get("7")?.facts; // => [ [ 13, 17, 'Year' ] ]
 * ```
 */
export async function readAnnotations(path: string): Promise<Map<string, Annotation>> {
  const [, ...lines] = (await readFile(path, "utf8")).trimEnd().split("\n");
  return new Map(
    lines.map((line, i) => {
      const read = parsed(line, `${path}:${i + 2}`);
      return [read.id, read];
    }),
  );
}

function parsed(line: string, where: string): Annotation {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new TypeError(`Cannot read ${where}: expected a line of JSON: ${(error as Error).message}`, { cause: error });
  }
  const result = kept.safeParse(value);
  if (!result.success)
    throw new TypeError(`Cannot read ${where}: expected an annotation: ${result.error.issues[0]!.path.join(".")}: ${result.error.issues[0]!.message}`);
  return result.data;
}

async function keptAnnotations(path: string, header: string): Promise<Annotation[]> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0) return [];
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf(0x0a) + 1;
  const [first = bytes.toString("utf8"), ...lines] = bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  // Nothing of a file is cut off before it is known to be one of annotations.
  if (first !== header && !(end === 0 && header.startsWith(first)))
    throw new Error(`Cannot go on with ${path}: expected the settings ${header}, got ${first.slice(0, 200)}; name another file, or remove it to begin anew`);
  const done = lines.map((line, i) => parsed(line, `${path}:${i + 2}`));
  if (end < bytes.length) await truncate(path, end);
  return done;
}

async function* remaining(
  texts: Iterable<Annotated> | AsyncIterable<Annotated>,
  { path, ids }: { path: string; ids: readonly string[] },
): AsyncGenerator<Annotated> {
  let at = 0;
  for await (const each of texts) {
    const known = ids[at++];
    if (known === undefined) yield each;
    else if (known !== each.id)
      throw new Error(`Cannot go on with ${path}: expected the text "${each.id}" as number ${at}, got "${known}"; remove the file to begin anew`);
  }
  if (at < ids.length) throw new Error(`Cannot go on with ${path}: it holds ${ids.length} texts, and ${at} are given; remove the file to begin anew`);
}
