import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Document } from "./document.ts";
import { corpusFiles, documents, type DocumentsOptions } from "./documents.ts";
import { wordnet } from "./wordnet.ts";

/** A collection of documents that can be read again and again. */
export interface Corpus {
  /** Where it comes from, for a report. */
  readonly name: string;
  documents(options?: DocumentsOptions): AsyncIterable<Document>;
}

export type CorpusOptions = {
  /** A folder, or one file. */
  readonly data?: string | undefined;
  /** Where `LAB_DATA` is looked up. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** Where the folder `../shared/data` is looked for. */
  readonly from?: string;
};

/**
 * The documents to work on: those of a folder that is named, else of the folder that the variable `LAB_DATA` names, else of `../shared/data` if it is there,
 * else those of WordNet, which are always there.
 *
 * @throws Error where the folder that is named cannot be read or holds no documents
 * @example
 * ```ts
 * import { corpus } from "@lab/lacy/corpus";
 * (await corpus({ environment: {}, from: "/nowhere" })).name; // => 'WordNet 3.1'
 * ```
 */
export async function corpus({ data, environment = process.env, from = process.cwd() }: CorpusOptions = {}): Promise<Corpus> {
  const named = data ?? (environment["LAB_DATA"] || undefined);
  const shared = join(from, "../shared/data");
  const folder = named !== undefined ? resolve(named) : existsSync(shared) ? shared : undefined;
  if (folder === undefined) return { name: "WordNet 3.1", documents: wordnet };
  await corpusFiles(folder);
  return { name: folder, documents: (options) => documents(folder, options) };
}
